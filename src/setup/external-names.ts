/**
 * Addresses of ExternalName Services behind TCP and UDP ports. They are asked for here and not by nginx, which would connect to
 * whatever a name leads to.
 */
import { Resolver } from 'node:dns/promises';
import type { DnsConfig } from '../nginx/environment.ts';

export interface ExternalNames {
  /** What is known of these names now; others are forgotten. Another sync is asked for when it changes. */
  addresses(names: readonly string[]): ReadonlyMap<string, readonly string[]>;
}

export interface ExternalNamesOptions {
  readonly dns: DnsConfig;
  /** Asks for another sync. */
  readonly again: (why: string) => void;
  /** Milliseconds between two questions for a name. */
  readonly pause?: number;
  /** Milliseconds that an address is kept after the last answer with it: some servers give others each time. */
  readonly keep?: number;
}

interface Known {
  /** Addresses and when they were seen last. */
  readonly seen: Map<string, number>;
  text: string;
}

export function createExternalNames({
  dns,
  again,
  pause = 5000,
  keep = 30_000,
}: ExternalNamesOptions): ExternalNames {
  const known = new Map<string, Known>();
  const resolver = createResolver(dns);
  let timer: NodeJS.Timeout | null = null;
  let asking = false;

  async function askFor(name: string, entry: Known): Promise<boolean> {
    const now = performance.now();
    for (const address of await resolver(name)) entry.seen.set(address, now);
    // Without an answer, what was known goes on.
    const newest = Math.max(...entry.seen.values());
    for (const [address, at] of entry.seen) if (at < newest - keep) entry.seen.delete(address);
    const text = [...entry.seen.keys()].sort().join(' ');
    const isNew = text !== entry.text;
    entry.text = text;
    return isNew && known.get(name) === entry;
  }

  async function askForAll(): Promise<void> {
    if (asking) return;
    asking = true;
    const news = await Promise.all(Array.from(known, ([name, entry]) => askFor(name, entry)));
    asking = false;
    if (news.includes(true)) again('external names');
  }

  return {
    addresses(names) {
      const wanted = new Set(names);
      for (const name of known.keys()) if (!wanted.has(name)) known.delete(name);
      const isNew = [...wanted].some((name) => !known.has(name));
      for (const name of wanted) if (!known.has(name)) known.set(name, { seen: new Map(), text: '' });
      if (known.size === 0) {
        clearInterval(timer ?? undefined);
        timer = null;
        return new Map();
      }
      timer ??= setInterval(() => void askForAll(), pause).unref();
      if (isNew) void askForAll();
      return new Map(
        Array.from(known, ([name, { text }]) => [name, text === '' ? [] : text.split(' ')] as const),
      );
    },
  };
}

/** Resolves to nothing when nobody answers. */
function createResolver(dns: DnsConfig): (name: string) => Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  if (dns.nameservers.length > 0) resolver.setServers(dns.nameservers);
  const ask = async (name: string): Promise<readonly string[]> => {
    const questions = [resolver.resolve4(name), ...(dns.ipv6 ? [resolver.resolve6(name)] : [])];
    const answers = await Promise.allSettled(questions);
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  };
  return async (name) => {
    for (const full of spellingsOf(name, dns)) {
      const found = await ask(full);
      if (found.length > 0) return found;
    }
    return [];
  };
}

/** As resolv.conf(5) says. */
function spellingsOf(name: string, { search, ndots }: DnsConfig): readonly string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const longer = search.map((domain) => `${name}.${domain}`);
  return name.split('.').length - 1 >= ndots ? [name, ...longer] : [...longer, name];
}
