/** The controller works with the rules of deploy.yaml, needs each of them, and says so when one is missing. */
import { expect } from 'chai';
import type { Program } from '../src/testing/harness/program.ts';
import { rollout } from './support/controller.ts';
import { apply, createNamespace, deleteNamespace, eventually, kubectl } from './support/kubectl.ts';
import { echo, ingress } from './support/objects.ts';
import { deployedGrants, describeGrant, startLimited } from './support/rbac.ts';
import type { Grant, RoleKind } from './support/rbac.ts';

/**
 * - `serves`: without the rule all else works, and pages are served
 * - `waits`: half a cluster is never served, so it is not Ready, and tries again
 * - `ends`: it ends with an error
 */
type Effect = 'serves' | 'waits' | 'ends';

interface Row {
  readonly kind: RoleKind;
  readonly resource: string;
  readonly verb: string;
  readonly effect: Effect;
  readonly flags?: (home: string) => readonly string[];
}

const row = (kind: RoleKind, rule: string, effect: Effect, flags?: Row['flags']): Row => {
  const [verb = '', resource = ''] = rule.split(' ');
  return { kind, resource, verb, effect, ...(flags === undefined ? {} : { flags }) };
};

/** The Role alone is for a controller that watches its own namespace only. */
const inScope: readonly Row[] = [
  row('Role', 'get namespaces', 'ends'),
  row('Role', 'get pods', 'ends'),
  row('Role', 'get services', 'ends', (home) => [`--default-backend-service=${home}/web`]),
  row('Role', 'list configmaps', 'waits'),
  row('Role', 'list secrets', 'waits'),
  row('Role', 'list services', 'waits'),
  row('Role', 'list ingresses', 'waits'),
  row('Role', 'list endpointslices', 'waits'),
  row('Role', 'list pods', 'serves'),
  row('Role', 'watch configmaps', 'serves'),
  row('Role', 'watch secrets', 'serves'),
  row('Role', 'watch services', 'serves'),
  row('Role', 'watch ingresses', 'serves'),
  row('Role', 'watch endpointslices', 'serves'),
  row('Role', 'watch pods', 'serves'),
  row('Role', 'get ingresses', 'serves'),
  row('Role', 'update ingresses/status', 'serves'),
  row('Role', 'get leases', 'serves'),
  row('Role', 'update leases', 'serves'),
  row('Role', 'create leases', 'serves'),
  row('Role', 'create events', 'serves'),
];

/** Both, for a controller that watches all namespaces. */
const everywhere: readonly Row[] = [
  row('ClusterRole', 'list configmaps', 'waits'),
  row('ClusterRole', 'list secrets', 'waits'),
  row('ClusterRole', 'list services', 'waits'),
  row('ClusterRole', 'list ingresses', 'waits'),
  row('ClusterRole', 'list endpointslices', 'waits'),
  row('ClusterRole', 'list ingressclasses', 'serves'),
  row('ClusterRole', 'list nodes', 'serves'),
  row('ClusterRole', 'list namespaces', 'waits', () => ['--watch-namespace-selector=!nowhere']),
  row('ClusterRole', 'watch configmaps', 'serves'),
  row('ClusterRole', 'watch secrets', 'serves'),
  row('ClusterRole', 'watch services', 'serves'),
  row('ClusterRole', 'watch ingresses', 'serves'),
  row('ClusterRole', 'watch endpointslices', 'serves'),
  row('ClusterRole', 'watch ingressclasses', 'serves'),
  row('ClusterRole', 'watch nodes', 'serves'),
  row('ClusterRole', 'watch namespaces', 'serves', () => ['--watch-namespace-selector=!nowhere']),
  row('ClusterRole', 'get services', 'ends', () => ['--default-backend-service=SITE/web']),
  row('ClusterRole', 'get ingresses', 'serves'),
  row('ClusterRole', 'update ingresses/status', 'serves'),
  row('ClusterRole', 'create events', 'serves'),
];

/** Rules that the manifests of others have too, and that this program asks for in rare settings or never. */
const UNNEEDED: Readonly<Record<string, string>> = {
  'Role: get configmaps': 'only with --watch-namespace, when --configmap is in another namespace',
  'Role: get secrets': 'Secrets are followed',
  'Role: get ingressclasses': 'a Role cannot give what belongs to no namespace',
  'Role: list ingressclasses': 'a Role cannot give what belongs to no namespace',
  'Role: watch ingressclasses': 'a Role cannot give what belongs to no namespace',
  'Role: get endpointslices': 'EndpointSlices are followed',
  'Role: patch ingresses/status': 'saves a request; without it statuses are read and updated',
  'Role: patch events': 'Events are only created',
  'ClusterRole: get nodes': 'Nodes are followed',
  'ClusterRole: list pods': 'only the own pods are followed, by the Role',
  'ClusterRole: watch pods': 'only the own pods are followed, by the Role',
  'ClusterRole: get ingressclasses': 'IngressClasses are followed',
  'ClusterRole: get endpointslices': 'EndpointSlices are followed',
  'ClusterRole: patch ingresses/status': 'saves a request; without it statuses are read and updated',
  'ClusterRole: patch events': 'Events are only created',
};

/** Programs at the same time: each start takes a second of one core. */
const AT_ONCE = 3;
const COMPLAINT = /grant the verb|forbidden/;

describe('rules of the Role and the ClusterRole', () => {
  let home: string;
  let site: string;
  let pod: string;
  let grants: readonly Grant[];
  let outcomes: Map<Row, Promise<Error | null>>;

  before(async () => {
    [home, site] = await Promise.all([createNamespace('rbac'), createNamespace('rbac-site')]);
    await Promise.all([apply(echo('web', 1), home), apply(echo('web', 1), site)]);
    await Promise.all([rollout('web', home), rollout('web', site)]);
    pod = (
      await kubectl(['--namespace', home, 'get', 'pods', '-o', 'jsonpath={.items[0].metadata.name}'])
    ).trim();
    grants = await deployedGrants();
    outcomes = runAll([...inScope, ...everywhere], AT_ONCE, (one) => check(one));
  });

  after(async () => {
    await Promise.all(outcomes.values());
    await Promise.all([deleteNamespace(home), deleteNamespace(site)]);
  });

  it('are all known to this table', () => {
    const known = [...[...inScope, ...everywhere].map(describeGrant), ...Object.keys(UNNEEDED)];
    expect(known.toSorted()).to.deep.equal(grants.map(describeGrant).toSorted());
  });

  it('are enough: nothing is asked for that they do not grant', async () => {
    const needed = grants.filter((grant) => !(describeGrant(grant) in UNNEEDED));
    const { program, end } = await start({ name: 'enough', granted: needed, kind: 'ClusterRole', flags: [] });
    try {
      await program.waitUntilReady();
      await page('enough', program);
      await eventually('the status', async () =>
        (await addressOf('enough', site)) === process.env['NODE_IP'] ? true : null,
      );
      await eventually('the Event', async () => (await eventOf('enough', site)) || null);
      expect(program.logLines().filter((line) => COMPLAINT.test(line))).to.deep.equal([]);
    } finally {
      await end();
    }
  });

  for (const one of [...inScope, ...everywhere]) {
    it(`${describeGrant(one)}: without it the controller says what to grant, and ${one.effect}`, async () => {
      const failure = await outcomes.get(one);
      if (failure) throw failure;
    });
  }

  async function start({ name, granted, kind, flags }: Start) {
    const namespace = kind === 'Role' ? home : site;
    const object = ingress({
      name,
      host: `${name}.rbac.test`,
      service: 'web',
      annotations: { 'kubernetes.io/ingress.class': name },
    });
    await apply(object.replace('  ingressClassName: nginx\n', ''), namespace);
    const scope = kind === 'Role' ? [`--watch-namespace=${home}`, '--publish-status-address=192.0.2.1'] : [];
    return startLimited({ name, home, pod, grants: granted, flags: [...scope, ...flags] });
  }

  async function check({ kind, resource, verb, effect, flags }: Row): Promise<void> {
    const name = `${kind}-${verb}-${resource}`.toLowerCase().replace('/', '-');
    const left = grants.filter(
      (grant) =>
        (kind === 'ClusterRole' || grant.kind === 'Role') &&
        !(describeGrant(grant) in UNNEEDED) &&
        !(grant.kind === kind && grant.resource === resource && grant.verb === verb),
    );
    const given = (flags?.(home) ?? []).map((flag) => flag.replace('SITE', site));
    const { program, end } = await start({ name, granted: left, kind, flags: given });
    try {
      await program.logged(new RegExp(`grant the verb \\W*${verb}\\W* on the resource \\W*${resource}\\W`), {
        deadline: 40_000,
      });
      if (effect === 'ends') expect((await program.ended).code).to.equal(255);
      else if (effect === 'waits') expect((await program.health()).status).to.equal(500);
      else await page(name, program);
    } finally {
      await end();
    }
  }
});

interface Start {
  readonly name: string;
  readonly granted: readonly Grant[];
  readonly kind: RoleKind;
  readonly flags: readonly string[];
}

async function page(name: string, program: Program): Promise<void> {
  await program.waitUntilReady();
  await eventually(`the page of ${name}`, async () =>
    (await program.http(`${name}.rbac.test`, '/')).status === 200 ? true : null,
  );
}

function addressOf(ingressName: string, namespace: string): Promise<string> {
  const path = '{.status.loadBalancer.ingress[0].ip}';
  return kubectl(['--namespace', namespace, 'get', 'ingress', ingressName, '-o', `jsonpath=${path}`]);
}

function eventOf(ingressName: string, namespace: string): Promise<string> {
  const selector = `involvedObject.name=${ingressName},reason=Sync`;
  return kubectl(['--namespace', namespace, 'get', 'events', '--field-selector', selector, '-o', 'name']);
}

/** A few at a time, in order; each outcome can be waited for by itself. */
function runAll(
  rows: readonly Row[],
  limit: number,
  action: (row: Row) => Promise<void>,
): Map<Row, Promise<Error | null>> {
  const lanes: Promise<unknown>[] = Array.from({ length: limit }, () => Promise.resolve());
  return new Map(
    rows.map((one, index) => {
      const outcome = (lanes[index % limit] ?? Promise.resolve())
        .then(() => action(one))
        .then(
          () => null,
          (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
        );
      lanes[index % limit] = outcome;
      return [one, outcome] as const;
    }),
  );
}
