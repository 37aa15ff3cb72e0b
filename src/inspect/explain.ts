/** Which Ingress, location and endpoints serve a request, and why no other; in words. */
import { describeProblem } from '../graph/problems.ts';
import type { Problem } from '../graph/problems.ts';
import { keyOf } from '../lib/keys.ts';
import { findIn } from '../model/find.ts';
import type { Location, Server } from '../model/model.ts';
import { answerLines, annotationLines, matchText, redirectLines } from './answer.ts';
import { backendLines } from './backend-lines.ts';
import type { ExplainContext, Question } from './context.ts';
import { findServer, serverLine } from './server-of.ts';
import { rivalLines } from './rivals.ts';
import { tlsLines } from './tls-lines.ts';

export function explainRequest(question: Question, context: ExplainContext): string {
  const { model, graph } = context.wanted;
  const host = question.host.toLowerCase().replace(/:\d+$/, '');
  const path = normalise(question.path);
  const head = `Request   ${host}${path}`;
  const redirect = model.redirects.find(({ from }) => from === host);
  if (redirect !== undefined)
    return text([
      head,
      `Server    ${host}, which sends everybody to ${redirect.to} (annotation from-to-www-redirect)`,
    ]);
  const found = findServer(model.servers, host);
  if (found === null) return text([head, 'Server    none: nothing serves yet']);
  const { server } = found;
  const lines = [
    head,
    serverLine(found),
    inForce(server, context),
    ...tlsLines(server, host, context),
    ...locationLines({ server, path, host }, context),
    ...rivalLines({ server, host, path }, context),
    ...problemLines(problemsAbout(server, host, context)),
  ];
  return text(graph.hosts.length === 0 ? [...lines, 'No Ingress is in force.'] : lines);
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

/** As nginx reads it: without arguments and dots, decoded, with single slashes. */
function normalise(path: string): string {
  const { pathname } = new URL(`http://host/${path.replace(/^\/+/, '')}`);
  try {
    return decodeURIComponent(pathname).replaceAll(/\/{2,}/g, '/');
  } catch {
    return pathname;
  }
}

function inForce(server: Server, { serving, routes }: ExplainContext): string {
  if (serving === null) return 'In force  no: no configuration serves yet';
  if (serving.includes(server)) return 'In force  yes';
  if (routes.has(`route:${server.host}`))
    return 'In force  yes, as a live route; the next reload puts it into nginx.conf';
  return serving.some(({ host }) => host === server.host)
    ? 'In force  not yet: what is said below is newer than what serves, and comes with the next reload'
    : 'In force  not yet: the host comes with the next reload';
}

interface Place {
  readonly server: Server;
  readonly path: string;
  readonly host: string;
}

function locationLines({ server, path, host }: Place, context: ExplainContext): readonly string[] {
  if (server.answer === 'forbidden')
    return ['Answer    403: what this host asks of certificates of clients cannot be set up'];
  if (path === '/' && server.appRoot !== null)
    return [
      `Answer    302 to ${server.appRoot} (annotation app-root of ${server.owners.appRoot ?? 'an Ingress'})`,
    ];
  const found = findIn(server, path);
  if (found === null) return ['Location  none: nginx answers 404'];
  if (found.kind === 'slash-redirect')
    return [`Answer    301 to ${found.to}: the path has a slash at its end`];
  const { location } = found;
  return [
    `Location  ${matchText(location.match)}${ownerText(location)}`,
    ...runnersUp(server, location, path),
    ...redirectLines(location, { host, context }),
    ...answerLines(location, context),
    ...(location.policy.answer === 'proxy'
      ? backendLines(location, { server, graph: context.wanted.graph })
      : []),
    ...annotationLines(location, context),
  ];
}

function ownerText({ route }: Location): string {
  const name = `Ingress ${route.namespace}/${route.ingress}`;
  if (route.service === '')
    return `, which no Ingress asks for: the default backend${route.ingress === '' ? '' : `, with the settings of ${name}`}`;
  return ` of ${name}, path ${route.path}`;
}

const MOST_SHOWN = 5;

/** Other locations that would take the path, were the chosen one not there. */
function runnersUp(server: Server, chosen: Location, path: string): readonly string[] {
  const rest: Location[] = [];
  let left = server.locations.filter((location) => location !== chosen);
  while (rest.length < MOST_SHOWN) {
    const found = findIn({ ...server, locations: left }, path);
    if (found?.kind !== 'location') break;
    const { location } = found;
    rest.push(location);
    left = left.filter((other) => other !== location);
  }
  return rest.map(
    (location) =>
      `  before  ${matchText(location.match)}${ownerText(location)}: ${whyLess(location, chosen)}`,
  );
}

function whyLess({ match }: Location, { match: chosen }: Location): string {
  if (chosen.kind === 'exact') return 'an exact path comes first';
  if (chosen.kind === 'regex')
    return match.kind === 'regex'
      ? 'of expressions, the first that matches counts'
      : 'expressions come before prefixes';
  return 'the longest prefix counts';
}

function problemsAbout(server: Server, host: string, { wanted }: ExplainContext): readonly Problem[] {
  const names = new Set<string>([server.host, host]);
  const mine = new Set(
    wanted.ingresses
      .filter(({ spec }) => (spec.rules ?? []).some((rule) => names.has(rule.host ?? '_')))
      .map(({ metadata }) => keyOf(metadata)),
  );
  const services = new Set(server.locations.map(({ route }) => `${route.namespace}/${route.service}`));
  return wanted.graph.problems.filter(({ object }) => {
    const key = keyOf(object);
    return object.kind === 'Service' ? services.has(key) : object.kind === 'Ingress' && mine.has(key);
  });
}

function problemLines(problems: readonly Problem[]): readonly string[] {
  const all = [...new Set(problems.map(describeProblem))];
  return all.map((line, index) => `${index === 0 ? 'Problems' : '        '}  ${line}`);
}
