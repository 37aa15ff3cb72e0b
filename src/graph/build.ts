/** What all objects mean together. Pure: the same snapshot gives the same graph, however many came before. */
import type { Snapshot } from '../cluster/snapshot.ts';
import { createIncrementalSort } from '../lib/incremental-sort.ts';
import { sameItems } from '../lib/memo.ts';
import { each, inOneGo, memoizeSliced } from '../lib/slices.ts';
import type { Sliced } from '../lib/slices.ts';
import type { Secret } from '../source/objects.ts';
import { DEFAULT_BACKEND } from './backend-names.ts';
import { createBackendBuilder } from './backends.ts';
import { chooseCertificate, covers, parseCertificate } from './certificates.ts';
import { createCollector } from './collect.ts';
import type { Collected, GraphSettings } from './collect.ts';
import type { Certificate, Graph, GraphHost, Host, HostCertificate, ParsedIngress } from './graph.ts';
import { createClientAuthReader } from './client-auth.ts';
import { createDhReader } from './dh-parameters.ts';
import { createHostNames } from './host-names.ts';
import type { HostNames } from './host-names.ts';
import { mergeHost } from './hosts.ts';
import type { Contribution } from './hosts.ts';
import type { GraphOptions } from './options.ts';
import type { Result } from '../lib/result.ts';

export interface GraphBuilder {
  build(snapshot: Snapshot, settings: GraphSettings): Graph;
  /** The same in slices; one at a time. */
  slices(snapshot: Snapshot, settings: GraphSettings): Sliced<Graph>;
}

const NONE: readonly never[] = Object.freeze([]);

/** Holds memos of earlier results by identity of their inputs; they change the cost, never the result. */
export function createGraphBuilder(options: GraphOptions): GraphBuilder {
  const collector = createCollector(options);
  const hosts = createHostMemo();
  const backends = createBackendBuilder(options);
  const certificates = createCertificateMemo();
  const namesOf = createHostNames();
  const dhParameters = createDhReader();
  const clientAuthOf = createClientAuthReader(options);

  function* slices(snapshot: Snapshot, settings: GraphSettings): Sliced<Graph> {
    const collected = yield* collector.collect(snapshot, settings);
    const named = namesOf(yield* hosts.merge(collected));
    const all = named.hosts;
    yield;
    const inputs = { hosts: all, canaries: collected.canaries, snapshot, settings };
    const resolved = yield* backends.build(inputs);
    const chosen = yield* certificates.choose(named, snapshot.secrets);
    const clientAuth = clientAuthOf(collected.clientAuth, snapshot.secrets, {
      foreignSecrets: settings.allowCrossNamespaceResources ? 'allowed' : 'refused',
    });
    const dh = dhParameters(settings.sslDhParam, snapshot.secrets);
    const defaultSecret = snapshot.secrets.get(options.defaultSslCertificate ?? '');
    yield;
    return Object.freeze({
      hosts: all,
      backends: resolved.list,
      collisions: resolved.collisions,
      backendName: (ref) =>
        ref === null ? DEFAULT_BACKEND : (resolved.names.get(ref.key) ?? DEFAULT_BACKEND),
      redirects: named.redirects,
      certificates: chosen,
      defaultCertificate: defaultSecret === undefined ? null : certificates.parse(defaultSecret),
      clientAuth,
      dhParameters: dh.pem,
      problems: Object.freeze([
        ...dh.problems,
        ...Array.from(clientAuth.values()).flatMap((entry) => entry.problems),
        ...collected.problems,
        ...all.flatMap((host) => host.problems),
        ...named.problems,
        ...resolved.problems,
        ...chosen.flatMap((entry) => entry.problems),
      ]),
      counts: { ingresses: collected.count, hosts: all.length },
    } satisfies Graph);
  }

  return { slices, build: (snapshot, settings) => inOneGo(slices(snapshot, settings)) };
}

interface HostEntry {
  readonly contributions: readonly Contribution[];
  readonly catchAll: readonly ParsedIngress[];
  readonly host: GraphHost;
}

function createHostMemo() {
  let memo = new Map<Host, HostEntry>();
  const order = createIncrementalSort<GraphHost>((a, b) => (a.name < b.name ? -1 : 1));

  function entryOf(name: Host, collected: Collected): HostEntry {
    const contributions = collected.byHost.get(name) ?? NONE;
    const catchAll = name === '_' ? collected.catchAll : NONE;
    const known = memo.get(name);
    if (
      known !== undefined &&
      sameItems(known.contributions, contributions) &&
      sameItems(known.catchAll, catchAll)
    )
      return known;
    return { contributions, catchAll, host: mergeHost(name, contributions, catchAll) };
  }

  function* merge(collected: Collected): Sliced<readonly GraphHost[]> {
    const next = new Map<Host, HostEntry>([['_', entryOf('_', collected)]]);
    yield* each(collected.byHost.keys(), (name) => {
      if (name !== '_') next.set(name, entryOf(name, collected));
    });
    memo = next;
    return order.sort(Array.from(next.values(), (entry) => entry.host));
  }

  return { merge: memoizeSliced(merge) };
}

interface CertificateEntry {
  readonly owner: ParsedIngress;
  readonly secrets: readonly (Secret | undefined)[];
  readonly chosen: HostCertificate;
}

type Secrets = Snapshot['secrets'];

function createCertificateMemo() {
  const parsed = new WeakMap<Secret, Result<Certificate>>();
  let memo = new Map<Host, CertificateEntry>();
  let lastSecrets: Secrets | null = null;

  function parse(secret: Secret): Result<Certificate> {
    const known = parsed.get(secret) ?? parseCertificate(secret);
    parsed.set(secret, known);
    return known;
  }

  function entryOf(host: Host, owner: ParsedIngress, secrets: Secrets): CertificateEntry {
    const known = memo.get(host);
    const sameOwner = known?.owner === owner;
    if (sameOwner && secrets === lastSecrets) return known;
    const used = owner.tls.map((entry) => secrets.get(`${owner.namespace}/${entry.secretName}`));
    if (sameOwner && sameItems(known.secrets, used)) return known;
    const chosen = chooseCertificate(host, owner, (key) => {
      const secret = secrets.get(key);
      return secret === undefined ? undefined : parse(secret);
    });
    return { owner, secrets: used, chosen };
  }

  function* choose({ hosts, redirects }: HostNames, secrets: Secrets): Sliced<readonly HostCertificate[]> {
    const next = new Map<Host, CertificateEntry>();
    yield* each(hosts, ({ name, tlsOwner }) => {
      if (tlsOwner !== null) next.set(name, entryOf(name, tlsOwner, secrets));
    });
    memo = next;
    lastSecrets = secrets;
    const chosen = Array.from(next.values(), (entry) => entry.chosen);
    return [...chosen, ...otherNames(next, { hosts, redirects })];
  }

  /** Only what the certificate of the host covers: others get the default one (compat/behaviour.md section 11). */
  function otherNames(
    chosen: ReadonlyMap<Host, CertificateEntry>,
    { hosts, redirects }: Pick<HostNames, 'hosts' | 'redirects'>,
  ): readonly HostCertificate[] {
    const named = (name: string, of: Host): readonly HostCertificate[] => {
      const certificate = chosen.get(of)?.chosen.certificate ?? null;
      return certificate !== null && covers(certificate, name)
        ? [{ host: name, certificate, problems: [] }]
        : [];
    };
    return [
      ...hosts.flatMap(({ name, aliases }) => aliases.flatMap((alias) => named(alias, name))),
      ...redirects.flatMap(({ from, to }) => named(from, to)),
    ];
  }

  return {
    choose: memoizeSliced(choose),
    parse(secret: Secret): Certificate | null {
      const result = parse(secret);
      return result.ok ? result.value : null;
    },
  };
}
