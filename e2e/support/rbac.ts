/** The rules of deploy/deploy.yaml one by one, and controllers that lack one of them. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { root, startProgram } from '../../src/testing/harness/program.ts';
import type { Program } from '../../src/testing/harness/program.ts';
import { NAMESPACE } from './controller.ts';
import { apply, kubectl } from './kubectl.ts';

export type RoleKind = 'Role' | 'ClusterRole';

/** One verb on one resource. */
export interface Grant {
  readonly kind: RoleKind;
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
  readonly names: readonly string[];
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly rules?: readonly Rule[];
}

/** What deploy.yaml grants to the controller. */
export async function deployedGrants(): Promise<readonly Grant[]> {
  const text = await readFile(join(root, 'deploy/deploy.yaml'), 'utf8');
  const roles = parseAllDocuments(text)
    .map((document) => document.toJS() as Document)
    .filter(({ kind, metadata }) => kind.endsWith('Role') && metadata.name === NAMESPACE);
  return roles.flatMap(({ kind, rules = [] }) => rules.flatMap((rule) => grantsOf(kind as RoleKind, rule)));
}

function grantsOf(
  kind: RoleKind,
  { apiGroups, resources, verbs, resourceNames = [] }: Rule,
): readonly Grant[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.map((verb) => ({ kind, group, resource, verb, names: resourceNames })),
    ),
  );
}

export function describeGrant({ kind, resource, verb }: Pick<Grant, 'kind' | 'resource' | 'verb'>): string {
  return `${kind}: ${verb} ${resource}`;
}

export interface LimitedInput {
  /** Of the ServiceAccount, of the Lease, and the class of its Ingress. */
  readonly name: string;
  /** Where the controller is said to run, with a pod that it takes for its own. */
  readonly home: string;
  readonly pod: string;
  readonly grants: readonly Grant[];
  readonly flags: readonly string[];
}

export interface Limited {
  readonly program: Program;
  end(): Promise<void>;
}

/** The program from source, with the rights of a ServiceAccount of its own. */
export async function startLimited(input: LimitedInput): Promise<Limited> {
  const { name, home, pod, grants, flags } = input;
  await apply(accountOf(input));
  const folder = await mkdtemp(join(tmpdir(), 'tg-rbac-'));
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, await kubeconfigOf(name, home), { mode: 0o600 });
  const program = await startProgram({
    dataDir: join(folder, 'data'),
    env: { POD_NAME: pod, POD_NAMESPACE: home },
    flags: [
      `--kubeconfig=${kubeconfig}`,
      `--controller-class=tidegate.test/${name}`,
      `--ingress-class=${name}`,
      `--election-id=${name}`,
      '--election-ttl=2s',
      ...flags,
    ],
  });
  async function cleanUp(): Promise<void> {
    await rm(folder, { recursive: true });
    if (grants.some(({ kind }) => kind === 'ClusterRole')) {
      await kubectl(['delete', 'clusterrole,clusterrolebinding', clusterName(input), '--wait=false']);
    }
  }
  return {
    program,
    end: () =>
      program
        .stop('SIGINT')
        .then(() => undefined)
        .finally(cleanUp),
  };
}

/** Names of cluster-wide objects must differ from those of other runs. */
function clusterName({ name, home }: LimitedInput): string {
  return `${home}-${name}`;
}

function accountOf(input: LimitedInput): string {
  const { name, home, grants } = input;
  const objects: object[] = [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: home } },
  ];
  for (const kind of ['Role', 'ClusterRole'] as const) {
    const rules = grants.filter((grant) => grant.kind === kind).map((grant) => ruleOf(grant, name));
    if (rules.length === 0) continue;
    const metadata = kind === 'Role' ? { name, namespace: home } : { name: clusterName(input) };
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    objects.push({ apiVersion, kind, metadata, rules });
    objects.push({
      apiVersion,
      kind: `${kind}Binding`,
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: metadata.name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: home }],
    });
  }
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
}

/** The only name in the rules is that of the Lease. */
function ruleOf({ group, resource, verb, names }: Grant, lease: string): Rule {
  const rule = { apiGroups: [group], resources: [resource], verbs: [verb] };
  return names.length === 0 ? rule : { ...rule, resourceNames: [lease] };
}

interface Kubeconfig {
  users: readonly { readonly name: string; readonly user: object }[];
}

async function kubeconfigOf(account: string, namespace: string): Promise<string> {
  const own = JSON.parse(await kubectl(['config', 'view', '--raw', '--minify', '-o', 'json'])) as Kubeconfig;
  const token = (await kubectl(['--namespace', namespace, 'create', 'token', account])).trim();
  return JSON.stringify({ ...own, users: own.users.map(({ name }) => ({ name, user: { token } })) });
}
