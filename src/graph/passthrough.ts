/** Hosts whose TLS connections are handed on undecrypted (compat/behaviour.md section 30). */
import type { Snapshot } from '../cluster/snapshot.ts';
import { perChunk } from '../lib/chunks.ts';
import { keepLast } from '../lib/memo.ts';
import type { Sliced } from '../lib/slices.ts';
import type { HostName } from '../text/safe.ts';
import type { BackendRef, GraphHost, ParsedIngress } from './graph.ts';
import type { GraphOptions } from './options.ts';
import { warning } from './problems.ts';
import type { Problem } from './problems.ts';
import { NO_STREAM_MODULE } from './stream-module.ts';
import { resolveBackend } from './services.ts';

export interface PassedHost {
  readonly host: HostName;
  readonly backend: BackendRef;
  /** Addresses with ports; at least one. */
  readonly endpoints: readonly string[];
}

interface Passed {
  readonly hosts: readonly PassedHost[];
  readonly problems: readonly Problem[];
}

interface Wish {
  readonly host: GraphHost;
  readonly owner: ParsedIngress;
}

/** What nginx takes for something else where names are looked up. */
const SPECIAL = new Set(['default', 'hostnames', 'include', 'volatile']);

export function createPassthroughReader(
  options: GraphOptions,
): (hosts: readonly GraphHost[], snapshot: Snapshot) => Sliced<Passed> {
  const wishesOf = perChunk((hosts: readonly GraphHost[]) => hosts.flatMap(wishOf));
  const keep = keepLast<PassedHost>();
  let known: ReadonlyMap<string, PassedHost> = new Map();
  return function* passed(hosts, snapshot) {
    const wishes = (yield* wishesOf(hosts)).flat();
    const problems: Problem[] = [];
    // By what they say, so that one that says the same stays the same object.
    const found = new Map<string, PassedHost>();
    for (const wish of wishes) {
      const one = read(wish, { snapshot, options });
      problems.push(...one.problems);
      if (one.host === null) continue;
      const text = JSON.stringify(one.host);
      found.set(text, known.get(text) ?? one.host);
    }
    known = found;
    return { hosts: keep([...found.values()]), problems };
  };
}

function wishOf(host: GraphHost): readonly Wish[] {
  const [owner] = host.passthrough;
  return owner === undefined ? [] : [{ host, owner }];
}

interface Known {
  readonly snapshot: Snapshot;
  readonly options: GraphOptions;
}

function read(
  { host, owner }: Wish,
  { snapshot, options }: Known,
): { readonly host: PassedHost | null; readonly problems: readonly Problem[] } {
  const tell = (message: string) =>
    warning('passthrough-unusable', {
      object: owner.ref,
      field: `metadata.annotations["${options.annotationsPrefix}/ssl-passthrough"]`,
      message: `host "${host.name}" ${message}`,
    });
  const refuse = (message: string) => ({
    host: null,
    problems: [tell(`${message}; its TLS connections end in nginx`)],
  });
  if (!options.streams.passthrough)
    return refuse('is not handed on, since the controller runs without --enable-ssl-passthrough');
  if (options.streams.module === 'missing') return refuse(`is not handed on, since ${NO_STREAM_MODULE}`);
  if (host.name === '_' || host.name.startsWith('*.') || SPECIAL.has(host.name))
    return refuse('cannot be handed on; write a rule with the full name of a host');
  const root = host.paths.find(({ path }) => (path as string) === '/');
  if (root === undefined || root.owner === null || root.backend === null)
    return refuse('has no path "/" with a Service; write one');
  // Others could switch off what protects the host.
  if (!host.passthrough.some(({ namespace }) => namespace === root.owner?.namespace))
    return refuse(
      `has its path "/" from ingress ${root.owner.namespace}/${root.owner.name}, which does not ask for it; write it there`,
    );
  if (root.owner.state !== 'accepted') return refuse('is closed by its Ingress');
  const key = `${root.backend.namespace}/${root.backend.service}`;
  const service = snapshot.services.get(key);
  if (service?.spec.type === 'ExternalName')
    return refuse(`leads to ${key}, an ExternalName Service; write one with endpoints`);
  const slices = snapshot.slices.get(key) ?? [];
  const { target } = resolveBackend(
    root.backend,
    { service, slices, use: 'cluster-ip', zone: null },
    options,
  );
  if (target.kind !== 'endpoints' || target.endpoints.length === 0)
    return refuse(`leads to Service ${key}, which has no address for port ${root.backend.port}`);
  const others =
    host.paths.length > 1 ? [tell('is handed on by its path "/" alone; others count for HTTP only')] : [];
  return {
    host: Object.freeze({ host: host.name, backend: root.backend, endpoints: target.endpoints }),
    problems: others,
  };
}
