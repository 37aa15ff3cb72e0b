/**
 * Ports for TCP and UDP services that somebody else has: nginx would not take up a configuration that names one, whatever else is in
 * it, so they are tried first.
 */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';

export interface HeldPorts {
  /**
   * @param ports as `tcp 53`. @param ours those that nginx listens on already.
   * @returns the reason by port, for those that cannot be had.
   */
  find(ports: readonly string[], ours: ReadonlySet<string>): Promise<ReadonlyMap<string, string>>;
}

export interface HeldPortsOptions {
  readonly ipv6: boolean;
  /** Asks for another sync. */
  readonly again: (why: string) => void;
  /** Milliseconds until ports that are held are tried again. */
  readonly pause?: number;
}

const NONE: ReadonlyMap<string, string> = new Map();
/** Milliseconds in which one that nginx has just given up may still be in use, in steps. */
const GRACE = [50, 200];

export function createHeldPorts({ ipv6, again, pause = 5000 }: HeldPortsOptions): HeldPorts {
  // What was found out a moment ago holds: every change of an endpoint would wait for the trials.
  const known = new Map<string, { readonly reason: string | null; readonly until: number }>();
  let waiting: AbortController | null = null;

  function later(): void {
    waiting?.abort();
    const { signal } = (waiting = new AbortController());
    setTimeout(pause, undefined, { signal, ref: false }).then(
      () => again('ports that were held'),
      () => undefined,
    );
  }

  async function reasonOf(port: string): Promise<string | null> {
    const before = known.get(port);
    if (before !== undefined && performance.now() < before.until) return before.reason;
    // Nginx has given up nothing that was held by others before.
    const reason = await ((before?.reason ?? null) === null ? holderOf(port, ipv6) : tryAll(port, ipv6));
    known.set(port, { reason, until: performance.now() + pause });
    if (reason !== null) later();
    return reason;
  }

  return {
    async find(ports, ours) {
      const fresh = ports.filter((port) => !ours.has(port));
      for (const port of known.keys()) if (!fresh.includes(port)) known.delete(port);
      if (fresh.length === 0) return NONE;
      const found = await Promise.all(fresh.map(async (port) => [port, await reasonOf(port)] as const));
      return new Map(found.flatMap(([port, reason]) => (reason === null ? [] : [[port, reason] as const])));
    },
  };
}

/** Null when it can be had. */
async function holderOf(port: string, ipv6: boolean): Promise<string | null> {
  for (const delay of GRACE) {
    if ((await tryAll(port, ipv6)) === null) return null;
    await setTimeout(delay);
  }
  return tryAll(port, ipv6);
}

async function tryAll(text: string, ipv6: boolean): Promise<string | null> {
  const [protocol, number] = text.split(' ');
  const bind = protocol === 'udp' ? bindUdp : bindTcp;
  for (const host of ipv6 ? ['0.0.0.0', '::'] : ['0.0.0.0']) {
    const code = await bind({ port: Number(number), host });
    if (code === 'EACCES') return 'there is no permission for it';
    if (code === 'EADDRINUSE') return 'another process has it';
    if (code !== null) return `the system refuses it (${code})`;
  }
  return null;
}

interface Socket {
  readonly port: number;
  readonly host: string;
  /** Default: only IPv6, where it is an address of that. */
  readonly isIpv6Only?: boolean;
}

/** Listens for a moment. Resolves to the code of the error, or null. */
export function bindTcp({ port, host, isIpv6Only = true }: Socket): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host, ipv6Only: isIpv6Only, exclusive: true }, () =>
      server.close(() => resolve(null)),
    );
  });
}

/** The same for UDP. */
export function bindUdp({ port, host: address, isIpv6Only = true }: Socket): Promise<string | null> {
  return new Promise((resolve) => {
    const isIpv6 = address.includes(':');
    const socket = createSocket({ type: isIpv6 ? 'udp6' : 'udp4', ipv6Only: isIpv6 && isIpv6Only });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      resolve(error.code ?? error.message);
    });
    socket.bind({ port, address, exclusive: true }, () => socket.close(() => resolve(null)));
  });
}
