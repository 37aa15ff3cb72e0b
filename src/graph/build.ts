/** What all objects mean together. Pure: the same snapshot gives the same graph, however many came before. */
import type { Snapshot } from '../cluster/snapshot.ts';
import { createIncrementalSort } from '../lib/incremental-sort.ts';
import type { Secret } from '../source/objects.ts';
import { DEFAULT_BACKEND, createBackendBuilder } from './backends.ts';
import { chooseCertificate, parseCertificate } from './certificates.ts';
import { createCollector } from './collect.ts';
import type { Collected, GraphSettings } from './collect.ts';
import type { Certificate, Graph, GraphHost, Host, HostCertificate, ParsedIngress } from './graph.ts';
import { mergeHost } from './hosts.ts';
import type { Contribution } from './hosts.ts';
import type { GraphOptions } from './options.ts';
import type { Result } from '../lib/result.ts';

export interface GraphBuilder {
  build(snapshot: Snapshot, settings: GraphSettings): Graph;
}

const NONE: readonly never[] = Object.freeze([]);

/** Holds memos of earlier results by identity of their inputs; they change the cost, never the result. */
export function createGraphBuilder(options: GraphOptions): GraphBuilder {
  const collector = createCollector(options);
  const hosts = createHostMemo();
  const backends = createBackendBuilder(options);
  const certificates = createCertificateMemo();
  return {
    build(snapshot, settings) {
      const collected = collector.collect(snapshot, settings);
      const all = hosts.merge(collected);
      const resolved = backends.build(all, snapshot);
      const chosen = certificates.choose(all, snapshot);
      const defaultSecret = snapshot.secrets.get(options.defaultSslCertificate ?? '');
      return Object.freeze({
        hosts: all,
        backends: resolved.list,
        collisions: resolved.collisions,
        backendName: (ref) =>
          ref === null ? DEFAULT_BACKEND : (resolved.names.get(ref.key) ?? DEFAULT_BACKEND),
        certificates: chosen,
        defaultCertificate: defaultSecret === undefined ? null : certificates.parse(defaultSecret),
        problems: Object.freeze([
          ...collected.problems,
          ...all.flatMap((host) => host.problems),
          ...resolved.problems,
          ...chosen.flatMap((entry) => entry.problems),
        ]),
        counts: { ingresses: collected.count, hosts: all.length },
      } satisfies Graph);
    },
  };
}

interface HostEntry {
  readonly contributions: readonly Contribution[];
  readonly catchAll: readonly ParsedIngress[];
  readonly host: GraphHost;
}

function createHostMemo() {
  let memo = new Map<Host, HostEntry>();
  const order = createIncrementalSort<GraphHost>((a, b) => (a.name < b.name ? -1 : 1));
  return {
    merge(collected: Collected): readonly GraphHost[] {
      const next = new Map<Host, HostEntry>();
      const names = new Set<Host>(['_', ...collected.byHost.keys()]);
      for (const name of names) {
        const contributions = collected.byHost.get(name) ?? NONE;
        const catchAll = name === '_' ? collected.catchAll : NONE;
        const known = memo.get(name);
        const same =
          known !== undefined && equal(known.contributions, contributions) && equal(known.catchAll, catchAll);
        next.set(
          name,
          same ? known : { contributions, catchAll, host: mergeHost(name, contributions, catchAll) },
        );
      }
      memo = next;
      return order.sort([...next.values()].map((entry) => entry.host));
    },
  };
}

function equal<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

interface CertificateEntry {
  readonly owner: ParsedIngress;
  readonly secrets: readonly (Secret | undefined)[];
  readonly chosen: HostCertificate;
}

function createCertificateMemo() {
  const parsed = new WeakMap<Secret, Result<Certificate>>();
  let memo = new Map<Host, CertificateEntry>();

  function parse(secret: Secret): Result<Certificate> {
    const known = parsed.get(secret) ?? parseCertificate(secret);
    parsed.set(secret, known);
    return known;
  }

  function entryOf(host: Host, owner: ParsedIngress, snapshot: Snapshot): CertificateEntry {
    const secrets = owner.tls.map((entry) => snapshot.secrets.get(`${owner.namespace}/${entry.secretName}`));
    const known = memo.get(host);
    if (known?.owner === owner && equal(known.secrets, secrets)) return known;
    const chosen = chooseCertificate(host, owner, (key) => {
      const secret = snapshot.secrets.get(key);
      return secret === undefined ? undefined : parse(secret);
    });
    return { owner, secrets, chosen };
  }

  return {
    parse(secret: Secret): Certificate | null {
      const result = parse(secret);
      return result.ok ? result.value : null;
    },
    choose(hosts: readonly GraphHost[], snapshot: Snapshot): readonly HostCertificate[] {
      const next = new Map<Host, CertificateEntry>();
      for (const { name, tlsOwner } of hosts) {
        if (tlsOwner !== null) next.set(name, entryOf(name, tlsOwner, snapshot));
      }
      memo = next;
      return [...next.values()].map((entry) => entry.chosen);
    },
  };
}
