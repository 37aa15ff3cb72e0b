/** Whose text a line of nginx.conf is. */
import type { Location, Server, ServerTopic } from '../model/model.ts';
import { parseConfig } from '../text/lexer.ts';
import type { Directive } from '../text/lexer.ts';
import { linesOf, serverAt, streamLine } from './generation.ts';
import type { Generation, ServerAt } from './generation.ts';
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
  const at = serverAt(generation, line);
  if (at === null) {
    const stream = streamLine(generation);
    if (stream !== null && line >= stream)
      return { ...UNKNOWN, place: 'frame', ingresses: snippetOwners(generation, line - stream) };
    const [first] = linesOf(generation);
    // What nginx finds out at the end of a block, it says of the last line of the file.
    return first === undefined || line < first.line ? { ...UNKNOWN, place: 'frame' } : UNKNOWN;
  }
  return { place: 'server', ingresses: [...new Set(ownersAt(generation, at, line))], server: at.server };
}

/** Whose snippet a line behind the servers is in. @param at lines before it. */
function snippetOwners({ stream }: Generation, at: number): readonly string[] {
  // No line of a snippet begins with a blank.
  const last = stream
    .toString()
    .split('\n')
    .slice(0, at + 1)
    .findLast((line) => line.startsWith('\t## '));
  const owner = /^\t## start stream-snippet (\S+)$/.exec(last ?? '')?.[1];
  return owner === undefined ? [] : [owner];
}

function ownersAt(generation: Generation, at: ServerAt, line: number): readonly string[] {
  const { server } = at;
  const text = textOf(generation, server);
  const opening = openingOf(text, line - at.line);
  if (opening === null) return ownersOfDirective(text[line - at.line] ?? '', server);
  const [location] = parse(`${opening} }`);
  if (location === undefined) return ownersOf(server);
  const named = server.policies.find(({ name }) => name === location.args[0]);
  if (named !== undefined) return ownersOfPolicy(named.policy, generation);
  const found = meantBy(location, server);
  return found.length > 0 ? found.map(ownerOf) : ownersOf(server);
}

/** The locations of the model that a line of the server's text is about; none where it is about none, or about more than these. */
export function locationsAt(generation: Generation, at: ServerAt, line: number): readonly Location[] {
  const opening = openingOf(textOf(generation, at.server), line - at.line);
  const [location] = opening === null ? [] : parse(`${opening} }`);
  return location === undefined ? [] : meantBy(location, at.server);
}

function textOf({ servers }: Generation, server: Server): readonly string[] {
  return (
    servers
      .find((fragment) => fragment.server === server)
      ?.text.toString()
      .split('\n') ?? []
  );
}

/** The first line of the location that a line stands in; null outside of all. @param at lines before it. */
function openingOf(lines: readonly string[], at: number): string | null {
  const opening = lines.slice(0, at + 1).findLastIndex((line) => line.startsWith('\t\tlocation '));
  return opening === -1 || lines.slice(opening, at).includes('\t\t}') ? null : (lines[opening] ?? null);
}

/** The default server has it for hosts to come. */
function ownersOfPolicy(policy: Location['policy'], { servers }: Generation): readonly string[] {
  return servers
    .flatMap(({ server }) => server.locations.filter((location) => location.policy === policy))
    .map(ownerOf)
    .filter((owner) => owner !== NOBODY);
}

/** A location by itself, or those that ask an authentication service, or make copies, by it. */
function meantBy(location: Directive, { locations }: Server): readonly Location[] {
  const own = locations.filter((entry) => sameMatch(location, entry));
  const name = location.args.at(-1);
  const isAsking = ({ route }: Location) =>
    name !== undefined && (name === route.authName || name === route.mirror?.name);
  return own.length > 0 ? own : locations.filter(isAsking);
}

const NOBODY = '/';

/** `namespace/name` of the Ingress; `/` for what belongs to none. */
export function ownerOf({ route }: Location): string {
  return `${route.namespace}/${route.ingress}`;
}

/** Everybody who has something in a server. */
export function ownersOf(server: Server): readonly string[] {
  const all = [...Object.values(server.owners), ...server.locations.map(ownerOf)];
  return [...new Set(all)].filter((owner) => owner !== NOBODY);
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

function ownersOfDirective(line: string, server: Server): readonly string[] {
  const [directive] = parse(line.trimEnd().endsWith('{') ? `${line} }` : line);
  const name = directive?.name ?? '';
  const owner = server.owners[topicOf(name, directive?.args ?? []) ?? 'snippet'];
  return owner === undefined ? ownersOf(server) : [owner];
}

function topicOf(name: string, args: readonly string[]): ServerTopic | undefined {
  if (name.startsWith('proxy_ssl_')) return 'backendTls';
  return name === 'if' ? topicOfCondition(args) : TOPICS[name];
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
