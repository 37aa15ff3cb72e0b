/** Whose text a line of nginx.conf is. */
import type { Location, Server, ServerTopic } from '../model/model.ts';
import { parseConfig } from '../text/lexer.ts';
import type { Directive } from '../text/lexer.ts';
import type { Fragment, Generation } from './generation.ts';
import { linesOf } from './generation.ts';
import { sameMatch } from './shape.ts';

export interface LineOwners {
  /** `frame`: what stands outside of all servers. */
  readonly place: 'server' | 'frame' | 'unknown';
  /** `namespace/name` of Ingresses, the likeliest first; empty when that cannot be told. */
  readonly ingresses: readonly string[];
  /** Null outside of servers. */
  readonly server: Server | null;
}

const UNKNOWN: LineOwners = { place: 'unknown', ingresses: [], server: null };

/** @param line as nginx counts, from 1. */
export function ownersOfLine(generation: Generation, line: number | null): LineOwners {
  if (line === null) return UNKNOWN;
  const starts = linesOf(generation);
  const index = starts.findLastIndex((entry) => entry.line <= line);
  const fragment = generation.servers[index];
  const start = starts[index]?.line ?? 0;
  if (fragment === undefined) return { ...UNKNOWN, place: 'frame' };
  // What nginx finds out at the end of a block, it says of the last line of the file.
  if (line >= start + fragment.lines) return UNKNOWN;
  const { server } = fragment;
  const found = ownersIn(fragment, line - start, generation);
  return { place: 'server', ingresses: [...new Set(found)], server };
}

/** @param at lines before it. */
function ownersIn({ text, server }: Fragment, at: number, generation: Generation): readonly string[] {
  const lines = text.toString().split('\n');
  const opening = lines.slice(0, at + 1).findLastIndex((line) => line.startsWith('\t\tlocation '));
  const inside = opening !== -1 && !lines.slice(opening, at).includes('\t\t}');
  if (!inside) return ownersOfServer(lines[at] ?? '', server);
  const [location] = parse(`${lines[opening]} }`);
  if (location === undefined) return everybody(server);
  const named = server.policies.find(({ name }) => name === location.args[0]);
  return named === undefined ? ownersOfLocation(location, server) : ownersOfPolicy(named.policy, generation);
}

/** The default server has it for hosts to come. */
function ownersOfPolicy(policy: Location['policy'], { servers }: Generation): readonly string[] {
  return servers
    .flatMap(({ server }) => server.locations.filter((location) => location.policy === policy))
    .map(ownerOf)
    .filter((owner) => owner !== '');
}

function ownersOfLocation(location: Directive, server: Server): readonly string[] {
  const own = server.locations.filter((entry) => sameMatch(location, entry));
  const asking = server.locations.filter(
    ({ route }) => route.authName !== null && location.args.at(-1) === route.authName,
  );
  const found = own.length > 0 ? own : asking;
  return found.length > 0 ? found.map(ownerOf) : everybody(server);
}

function ownerOf({ route }: Location): string {
  return route.ingress === '' ? '' : `${route.namespace}/${route.ingress}`;
}

const TOPICS: Readonly<Record<string, ServerTopic>> = {
  server_name: 'names',
  ssl_ciphers: 'ciphers',
  ssl_prefer_server_ciphers: 'preference',
  ssl_client_certificate: 'clients',
  ssl_crl: 'clients',
  ssl_verify_client: 'clients',
  ssl_verify_depth: 'clients',
  error_page: 'clients',
  return: 'appRoot',
};

function ownersOfServer(line: string, server: Server): readonly string[] {
  const [directive] = parse(line.trimEnd().endsWith('{') ? `${line} }` : line);
  const name = directive?.name ?? '';
  const topic = name === 'if' ? topicOfCondition(directive?.args ?? []) : TOPICS[name];
  const owner = topic === undefined ? undefined : server.owners[topic];
  return owner === undefined ? everybody(server) : [owner];
}

function topicOfCondition(args: readonly string[]): ServerTopic {
  return args[0] === '($ssl_client_s_dn' ? 'clients' : 'appRoot';
}

function parse(text: string): readonly Directive[] {
  try {
    return parseConfig(text);
  } catch {
    return [];
  }
}

/** Nobody in particular. */
function everybody(server: Server): readonly string[] {
  return [...Object.values(server.owners), ...server.locations.map(ownerOf)].filter((owner) => owner !== '');
}
