/** The controller under test, installed as users do it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { apply, eventually, json, kubectl } from './kubectl.ts';
import { ingress } from './objects.ts';

const root = join(import.meta.dirname, '../..');
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
  await apply(await readFile(join(root, 'deploy/deploy.yaml'), 'utf8'));
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

/**
 * A pod that is Ready gets traffic only when kube-proxy has heard of it, up to a second later. Until then, the API server
 * refuses every Ingress.
 */
export async function webhookAnswers(): Promise<void> {
  const probe = ingress({ name: 'probe', host: 'probe.test', service: 'probe' });
  await eventually('an answer of the webhook', () =>
    kubectl(['--namespace', 'default', 'create', '--dry-run=server', '--filename', '-'], probe),
  );
}

export async function uninstall(): Promise<void> {
  await kubectl(['delete', '-f', join(root, 'deploy/deploy.yaml'), '--ignore-not-found', '--timeout=120s']);
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
  readonly body: string;
}

/** A page as a user gets it whose hosts file points the name to the node. */
export async function get(host: string, path = '/'): Promise<Page> {
  const url = `http://${host}:${await nodePort('http')}${path}`;
  const result = await execa('curl', [
    '--silent',
    '--show-error',
    '--max-time',
    '5',
    '--noproxy',
    '*',
    '--write-out',
    '\n%{http_code}',
    '--resolve',
    `${host}:${await nodePort('http')}:${nodeAddress()}`,
    url,
  ]);
  const at = result.stdout.lastIndexOf('\n');
  return { status: Number(result.stdout.slice(at + 1)), body: result.stdout.slice(0, at) };
}

export function eventuallyPage(host: string, status: number): Promise<Page> {
  return eventually(`${status} from ${host}`, async () => {
    const page = await get(host);
    return page.status === status ? page : null;
  });
}
