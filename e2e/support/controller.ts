/** The controller under test, installed as users do it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { apply, json, kubectl, lasting } from './kubectl.ts';
import { ingress } from './objects.ts';

const root = join(import.meta.dirname, '../..');
const MANIFEST = join(root, 'deploy/deploy.yaml');
export const NAMESPACE = 'ingress-nginx';
const DEPLOYMENT = 'ingress-nginx-controller';
export const CONTROLLER = `deployment/${DEPLOYMENT}`;

interface Service {
  readonly spec: { readonly ports: readonly { readonly name: string; readonly nodePort: number }[] };
}

/** Builds the image and puts it into the cluster, by the workplace's own means. */
export async function buildImage(): Promise<void> {
  const cluster = process.env['TIDEGATE_CLUSTER'];
  if (cluster === undefined)
    throw new Error('TIDEGATE_CLUSTER must name the folder with "image"; .ci/run sets it');
  await execa(join(cluster, 'image'), [root, 'tidegate/controller:0.1.0'], { stdio: 'inherit' });
}

export async function install(): Promise<void> {
  await apply(await readFile(MANIFEST, 'utf8'));
  await rollout();
  // The webhook refuses everything until the Job has given its certificate to the API server.
  await kubectl([
    '--namespace',
    NAMESPACE,
    'wait',
    '--for=condition=complete',
    'job/ingress-nginx-admission-patch',
    '--timeout=60s',
  ]);
  await webhookAnswers();
}

/** Waits for a Deployment; without a name for the controller's. */
export async function rollout(name = DEPLOYMENT, namespace = NAMESPACE): Promise<void> {
  await kubectl(['--namespace', namespace, 'rollout', 'status', `deployment/${name}`, '--timeout=120s']);
}

/** Milliseconds. */
const PROXY_HAS_HEARD = 3000;

/**
 * A pod that is Ready gets traffic only when kube-proxy has heard of it, up to a second later. Until then, the API server
 * asks pods that are about to end, and refuses every Ingress when one has ended or there is none.
 */
export async function webhookAnswers(): Promise<void> {
  const probe = ingress({ name: 'probe', host: 'probe.test', service: 'probe' });
  await lasting(
    'answers of the webhook',
    () => kubectl(['--namespace', 'default', 'create', '--dry-run=server', '--filename', '-'], probe),
    PROXY_HAS_HEARD,
  );
}

export async function uninstall(): Promise<void> {
  await kubectl(['delete', '-f', MANIFEST, '--ignore-not-found', '--timeout=120s']);
}

const CLUSTER_WIDE =
  'clusterroles,clusterrolebindings,ingressclasses,validatingwebhookconfigurations,mutatingwebhookconfigurations,namespaces';

/** Names of everything in the cluster that an install has brought; all namespaced objects end with their namespace. */
export async function leftovers(): Promise<readonly string[]> {
  const label = 'app.kubernetes.io/instance=ingress-nginx';
  const names = await Promise.all([
    kubectl(['get', '-f', MANIFEST, '--ignore-not-found', '-o', 'name']),
    kubectl(['get', CLUSTER_WIDE, '--selector', label, '-o', 'name']),
    kubectl(['get', 'leases,secrets,jobs,pods', '--namespace', NAMESPACE, '-o', 'name']),
  ]);
  return [...new Set(names.join('\n').split('\n'))].filter((name) => name !== '');
}

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
    readonly status: { readonly containerStatuses?: readonly { readonly restartCount: number }[] };
  }[];
}

const SELECTOR = 'app.kubernetes.io/instance=ingress-nginx,app.kubernetes.io/component=controller';

export interface ControllerPod {
  readonly name: string;
  readonly restarts: number;
}

/** All that exist, or only those that are not about to end. */
export async function controllerPods(
  which: 'all' | 'staying' = 'staying',
): Promise<readonly ControllerPod[]> {
  const { items } = await json<PodList>(['--namespace', NAMESPACE, 'get', 'pods', '--selector', SELECTOR]);
  return items
    .filter(({ metadata }) => which === 'all' || metadata.deletionTimestamp === undefined)
    .map(({ metadata, status }) => ({
      name: metadata.name,
      restarts: status.containerStatuses?.[0]?.restartCount ?? 0,
    }));
}

/** The only one. @throws when there are none or several, which may be so for a moment. */
export async function controllerPod(): Promise<ControllerPod> {
  const [pod, ...more] = await controllerPods();
  if (pod === undefined || more.length > 0)
    throw new Error(`${more.length + (pod ? 1 : 0)} controllers, not 1`);
  return pod;
}

/** Runs a script of the shell in the controller's container. */
export async function inController(script: string): Promise<string> {
  const { name } = await controllerPod();
  return kubectl(['--namespace', NAMESPACE, 'exec', name, '--', 'sh', '-c', script]);
}

/** How often the controller has loaded a configuration. */
export async function reloads(): Promise<number> {
  const log = await kubectl(['--namespace', NAMESPACE, 'logs', (await controllerPod()).name]);
  return log.split('"Backend successfully reloaded"').length - 1;
}

export async function nodePort(name: 'http' | 'https', of = DEPLOYMENT): Promise<number> {
  const service = await json<Service>(['--namespace', NAMESPACE, 'get', 'service', of]);
  const port = service.spec.ports.find((entry) => entry.name === name)?.nodePort;
  if (port === undefined) throw new Error(`the Service has no node port for ${name}`);
  return port;
}

export function nodeAddress(): string {
  const address = process.env['NODE_IP'];
  if (address === undefined) throw new Error('NODE_IP is not set; the cluster’s "up" prints it');
  return address;
}

export interface Page {
  readonly status: number;
  /** Of a redirect; else empty. */
  readonly location: string;
  readonly body: string;
}

export interface Address {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly path?: string;
  /** Name of a Service in front of the controller; default: the usual one. */
  readonly service?: string;
}

const WRITE_OUT = '\n%{http_code} %{redirect_url}';

/** A page as a user gets it whose hosts file points the name to the node. Certificates are not checked. */
export async function curl({ scheme, host, path = '/', service = DEPLOYMENT }: Address): Promise<Page> {
  const port = await nodePort(scheme, service);
  const { stdout } = await execa('curl', [
    '--silent',
    '--show-error',
    '--insecure',
    '--max-time',
    '5',
    '--noproxy',
    '*',
    '--write-out',
    WRITE_OUT,
    '--resolve',
    `${host}:${port}:${nodeAddress()}`,
    `${scheme}://${host}:${port}${path}`,
  ]);
  const at = stdout.lastIndexOf('\n');
  const [status, location = ''] = stdout.slice(at + 1).split(' ');
  return { status: Number(status), location, body: stdout.slice(0, at) };
}

export function get(host: string, path = '/'): Promise<Page> {
  return curl({ scheme: 'http', host, path });
}

export function eventuallyPage(host: string, status: number, service = DEPLOYMENT): Promise<Page> {
  return lasting(`${status} from ${host}`, async () => {
    const page = await curl({ scheme: 'http', host, service });
    return page.status === status ? page : null;
  });
}
