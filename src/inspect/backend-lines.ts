/** Who answers: endpoints, and canaries for some requests. */
import type { Backend, Canary, CanaryRules, Graph, GraphHost } from '../graph/graph.ts';
import type { Location, Server } from '../model/model.ts';

interface Surroundings {
  readonly server: Server;
  readonly graph: Graph;
}

export function backendLines(location: Location, { server, graph }: Surroundings): readonly string[] {
  const { route } = location;
  const backend = graph.backends.find(({ name }) => name === route.upstream);
  if (backend === undefined) return [`Backend   ${route.upstream}, which is not known: 503`];
  const canaries =
    backend.routes.find(
      ({ host, path, kind }) => host === server.host && path === route.path && kind === route.kind,
    )?.canaries ?? [];
  return [
    `Backend   ${backend.name}: ${endpointsText(backend)}`,
    ...standInLines(location, { server, graph }),
    ...canaries.map((canary) => canaryLine(canary, graph)),
  ];
}

const MOST_SHOWN = 20;

function endpointsText({ ref, target, affinity, balancing }: Backend): string {
  if (target.kind === 'external')
    return `the name ${target.host}, port ${target.port}, which workers look up`;
  const { endpoints, draining } = target;
  if (endpoints.length === 0) return ref === null ? 'no Service: 404' : 'no endpoints: 503';
  const more = endpoints.length > MOST_SHOWN ? ` and ${endpoints.length - MOST_SHOWN} more` : '';
  const words = [
    ...(affinity === null ? [] : [`sessions stay (${affinity.mode})`]),
    ...(balancing.hashBy === null ? [] : [`chosen by ${balancing.hashBy}`]),
    ...(balancing.algorithm === null ? [] : [balancing.algorithm]),
    ...(draining.length === 0 ? [] : [`${draining.length} going away`]),
  ];
  return `${endpoints.slice(0, MOST_SHOWN).join(' ')}${more}${words.length === 0 ? '' : ` (${words.join(', ')})`}`;
}

function standInLines({ route }: Location, { server, graph }: Surroundings): readonly string[] {
  const host: GraphHost | undefined = graph.hosts.find(({ name }) => name === server.host);
  const standIn =
    host?.paths.find(({ path, kind }) => path === route.path && kind === route.kind)?.standIn ?? null;
  return standIn === null ? [] : [`  else    ${graph.backendName(standIn)}, while it has no endpoints`];
}

function canaryLine({ backend, rules }: Canary, graph: Graph): string {
  const name = graph.backendName(backend);
  const found = graph.backends.find((other) => other.name === name);
  return `  canary  ${name}, ${rulesText(rules)}: ${found === undefined ? 'not known' : endpointsText(found)}`;
}

function rulesText({ weight, weightTotal, header, headerValue, headerPattern, cookie }: CanaryRules): string {
  const values = headerValue ?? (headerPattern === null ? 'always' : `~ ${headerPattern}`);
  return [
    ...(header === null ? [] : [`header ${header}: ${values}`]),
    ...(cookie === null ? [] : [`cookie ${cookie}: always`]),
    `weight ${weight} of ${weightTotal}`,
  ].join(', ');
}
