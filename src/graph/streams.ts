/** TCP and UDP services: what the two ConfigMaps say, with the endpoints (compat/behaviour.md section 29). */
import type { Snapshot } from '../cluster/snapshot.ts';
import { joinHostPort } from '../lib/addresses.ts';
import { memoizeLast } from '../lib/memo.ts';
import type { ConfigMap, ObjectKey, ObjectRef } from '../source/objects.ts';
import type { Literal } from '../text/safe.ts';
import type { BackendTarget } from './backend-graph.ts';
import type { GraphSettings } from './collect.ts';
import type { GraphOptions } from './options.ts';
import { warning } from './problems.ts';
import type { Problem } from './problems.ts';
import { resolveBackend } from './services.ts';
import { parseStreamEntry } from './stream-entries.ts';
import type { StreamEntry } from './stream-entries.ts';

export type StreamProtocol = 'tcp' | 'udp';

type StreamSettings = Pick<GraphSettings, 'heldPorts' | 'resolvedNames' | 'zone'>;

export interface StreamService extends StreamEntry {
  readonly protocol: StreamProtocol;
  /** `tcp-<namespace>-<service>-<port>`, for logs. */
  readonly name: Literal;
  /** Addresses with ports. */
  readonly endpoints: readonly string[];
}

export interface Streams {
  /** TCP first, each ordered by port; only such as have endpoints. Keeps its identity while nothing changes. */
  readonly services: readonly StreamService[];
  /** Keys of all Services that entries name. */
  readonly wanted: readonly ObjectKey[];
  readonly problems: readonly Problem[];
}

type Protocols = readonly (readonly [StreamProtocol, ObjectKey | null])[];

const protocolsOf = ({ tcp, udp }: GraphOptions['streams']): Protocols => [
  ['tcp', tcp],
  ['udp', udp],
];

interface ReadMap {
  readonly entries: readonly StreamEntry[];
  readonly problems: readonly Problem[];
}

/** An entry that can be read. */
export interface AskedStream {
  readonly protocol: StreamProtocol;
  /** Of the ConfigMap. */
  readonly key: ObjectKey;
  readonly entry: StreamEntry;
}

interface AskedStreams {
  readonly asked: readonly AskedStream[];
  readonly problems: readonly Problem[];
}

/** Reads the two ConfigMaps; anew only when one of them is another object. */
export function createStreamMaps(
  options: GraphOptions['streams'],
): (configMaps: Snapshot['configMaps']) => AskedStreams {
  const maps = protocolsOf(options).flatMap(([protocol, key]) =>
    key === null
      ? []
      : [
          {
            protocol,
            key,
            read: memoizeLast((configMap: ConfigMap | undefined) =>
              readMap({ protocol, key, options }, configMap),
            ),
          },
        ],
  );
  return (configMaps) => {
    const found = maps.map(({ protocol, key, read }) => ({ protocol, key, ...read(configMaps.get(key)) }));
    return {
      asked: found.flatMap(({ protocol, key, entries }) =>
        entries.map((entry) => ({ protocol, key, entry })),
      ),
      problems: found.flatMap(({ problems }) => problems),
    };
  };
}

/** What may be listened on, as `tcp 53`. */
export function streamPortsOf(asked: readonly AskedStream[]): readonly string[] {
  return asked.map(({ protocol, entry }) => `${protocol} ${entry.port}`);
}

/** Names of ExternalName Services that entries lead to. */
export function streamNamesOf(
  asked: readonly AskedStream[],
  services: Snapshot['services'],
): readonly string[] {
  return asked.flatMap(({ entry: { backend } }) => {
    const spec = services.get(`${backend.namespace}/${backend.service}`)?.spec;
    const name = spec?.type === 'ExternalName' ? (spec.externalName ?? '').toLowerCase() : '';
    return /[a-z]/.test(name) && !name.includes(':') ? [name] : [];
  });
}

export function createStreamReader(
  options: GraphOptions,
): (snapshot: Snapshot, settings: StreamSettings) => Streams {
  const read = createStreamMaps(options.streams);
  let last: readonly StreamService[] = Object.freeze([]);
  return (snapshot, settings) => {
    const { asked, problems: ofMaps } = read(snapshot.configMaps);
    const problems = [...ofMaps];
    const ports = asked.map(({ entry }) => entry.port);
    const known: Known = {
      snapshot,
      settings,
      options: { ...options, ownEndpoints: withPorts(options.ownEndpoints, ports) },
    };
    const services: StreamService[] = [];
    for (const one of asked) {
      const found = serviceOf(one, known);
      problems.push(...found.problems);
      if (found.service !== null) services.push(found.service);
    }
    const wanted = asked.map(({ entry }): ObjectKey => `${entry.backend.namespace}/${entry.backend.service}`);
    if (JSON.stringify(services) !== JSON.stringify(last)) last = Object.freeze(services);
    return { services: last, wanted, problems };
  };
}

/** A way back into a port of ours would be a loop. */
function withPorts(places: ReadonlySet<string>, ports: readonly number[]): ReadonlySet<string> {
  const addresses = new Set(Array.from(places, (place) => place.replace(/:[0-9]+$/, '')));
  return new Set([
    ...places,
    ...[...addresses].flatMap((address) => ports.map((port) => `${address}:${port}`)),
  ]);
}

interface MapPlace {
  readonly protocol: StreamProtocol;
  readonly key: ObjectKey;
  readonly options: GraphOptions['streams'];
}

function readMap({ protocol, key, options }: MapPlace, configMap: ConfigMap | undefined): ReadMap {
  const object = refOf(key);
  if (configMap === undefined) {
    const message = `does not exist; no ${protocol.toUpperCase()} service is served, create it or remove --${protocol}-services-configmap`;
    return { entries: [], problems: [warning('stream-service-invalid', { object, field: '', message })] };
  }
  const problems: Problem[] = [];
  const entries = new Map<number, StreamEntry>();
  // Spellings of one number with zeros in front are keys of their own; the shortest comes first.
  const all = Object.entries(configMap.data ?? {}).sort(
    ([a], [b]) => a.length - b.length || (a < b ? -1 : 1),
  );
  for (const [name, value] of all) {
    const parsed = parseStreamEntry(name, value, protocol);
    const reason = parsed.ok ? conflictOf(parsed.value, entries, options) : parsed.reason;
    if (parsed.ok && reason === null) entries.set(parsed.value.port, parsed.value);
    else problems.push(problemOf(object, name, `${reason}; its port is not opened`));
  }
  const ordered = [...entries.values()].sort((a, b) => a.port - b.port);
  return { entries: ordered, problems };
}

function conflictOf(
  { port }: StreamEntry,
  entries: ReadonlyMap<number, StreamEntry>,
  { reserved }: GraphOptions['streams'],
): string | null {
  const owner = reserved.get(port);
  if (owner !== undefined) return `asks for port ${port}, which ${owner} has; write another port`;
  return entries.has(port) ? `names port ${port} once more; remove it` : null;
}

function problemOf(object: ObjectRef, name: string, message: string): Problem {
  return warning('stream-service-invalid', { object, field: `data["${name.slice(0, 100)}"]`, message });
}

function refOf(key: ObjectKey): ObjectRef {
  const [namespace = '', name = ''] = key.split('/');
  return { kind: 'ConfigMap', namespace, name };
}

interface Known {
  readonly snapshot: Snapshot;
  readonly settings: StreamSettings;
  readonly options: GraphOptions;
}

function serviceOf(
  { protocol, key, entry }: AskedStream,
  { snapshot, settings, options }: Known,
): { readonly service: StreamService | null; readonly problems: readonly Problem[] } {
  const { port, backend } = entry;
  const tell = (message: string) => problemOf(refOf(key), String(port), message);
  const held = settings.heldPorts.get(`${protocol} ${port}`);
  if (held !== undefined) {
    const message = `port ${port} cannot be opened: ${held}; free it or write another port, it is tried again`;
    return { service: null, problems: [tell(message)] };
  }
  const place: ObjectKey = `${backend.namespace}/${backend.service}`;
  const resolved = resolveBackend(
    backend,
    {
      service: snapshot.services.get(place),
      slices: snapshot.slices.get(place) ?? [],
      use: 'endpoints',
      zone: settings.zone,
      protocol: protocol === 'tcp' ? 'TCP' : 'UDP',
    },
    options,
  );
  const found = endpointsIn(resolved.target, settings, options);
  if (found.length === 0) {
    const missing = tell(`Service ${place} has no endpoints; port ${port} is not opened until it has`);
    return { service: null, problems: [...resolved.problems, missing] };
  }
  const name = `${protocol}-${backend.namespace}-${backend.service}-${backend.port}` as string as Literal;
  return { service: { ...entry, protocol, name, endpoints: found }, problems: resolved.problems };
}

function endpointsIn(
  target: BackendTarget,
  { resolvedNames }: StreamSettings,
  { reach, loopbackEndpoints }: GraphOptions,
): readonly string[] {
  if (target.kind === 'endpoints') return target.endpoints;
  const isAllowed = (address: string) => {
    const kind = reach.classify(address);
    return kind === 'ordinary' || (kind === 'loopback' && loopbackEndpoints === 'allowed');
  };
  const addresses = (resolvedNames.get(target.host) ?? []).filter(isAllowed);
  return addresses.map((address) => joinHostPort(address, target.port));
}
