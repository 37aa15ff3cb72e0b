/** The program from its sources, outside of the cluster, against the real API server. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { startProgram } from '../src/testing/harness/program.ts';
import type { Program } from '../src/testing/harness/program.ts';
import { apply, createNamespace, deleteNamespace, eventually, kubectl, lasting } from './support/kubectl.ts';
import { echo, ingress } from './support/objects.ts';

const CLASS = 'from-source';
const classYaml = `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: ${CLASS}}
spec: {controller: tidegate.test/from-source}
`;

describe('against the API server', () => {
  let folder: string;
  let namespace: string;
  let program: Program;
  const own = (name: string, host: string) =>
    ingress({ name, host, service: 'web' }).replace('ingressClassName: nginx', `ingressClassName: ${CLASS}`);
  const answers = (host: string, status: number) =>
    lasting(`${status} from ${host}`, async () => {
      const answer = await program.http(host, '/');
      return answer.status === status ? answer : null;
    });

  before(async () => {
    namespace = await createNamespace('source');
    await apply(`${echo('web', 2)}---\n${own('first', 'first.test')}`, namespace);
    await kubectl(['--namespace', namespace, 'rollout', 'status', 'deployment/web', '--timeout=60s']);
    folder = await mkdtemp('/tmp/tg-e2e-');
    const flags = [
      `--kubeconfig=${process.env['KUBECONFIG'] ?? ''}`,
      '--controller-class=tidegate.test/from-source',
      `--ingress-class=${CLASS}`,
    ];
    program = await startProgram({ flags, dataDir: join(folder, 'data') });
    await program.waitUntilReady();
  });

  after(async () => {
    await program.stop('SIGINT');
    await rm(folder, { recursive: true });
    await kubectl(['delete', 'ingressclass', CLASS, '--ignore-not-found']);
    await deleteNamespace(namespace);
  });

  it('leaves an Ingress alone until its class exists, and serves it then without another change', async () => {
    expect((await program.http('first.test', '/')).status).to.equal(404);
    await apply(classYaml);
    const answer = await answers('first.test', 200);
    expect(answer.text).to.match(/^Hostname: web-/);
  });

  it('follows new, changed and deleted Ingresses', async () => {
    await apply(own('second', 'second.test'), namespace);
    await answers('second.test', 200);
    await apply(own('second', 'renamed.test'), namespace);
    await answers('renamed.test', 200);
    await answers('second.test', 404);
    await kubectl(['--namespace', namespace, 'delete', 'ingress', 'second']);
    await answers('renamed.test', 404);
  });

  it('follows endpoints without a reload', async () => {
    await program.settled();
    const reloads = program.reloads();
    await kubectl(['--namespace', namespace, 'scale', 'deployment/web', '--replicas=0']);
    await answers('first.test', 503);
    await kubectl(['--namespace', namespace, 'scale', 'deployment/web', '--replicas=1']);
    await answers('first.test', 200);
    expect(program.reloads()).to.equal(reloads);
  });

  it('outlives an outage of the API server, and sees what happened afterwards', async () => {
    const control = join(process.env['TIDEGATE_CLUSTER'] ?? '', 'program');
    await execa(control, ['stop', 'kube-apiserver']);
    expect((await program.http('first.test', '/')).status).to.equal(200);
    await execa(control, ['start', 'kube-apiserver']);
    await eventually('the API server', async () =>
      (await kubectl(['get', '--raw', '/readyz'])) === 'ok' ? true : null,
    );
    await eventually('a write', async () => (await apply(own('third', 'third.test'), namespace)) || null);
    await answers('third.test', 200);
    expect((await program.http('first.test', '/')).status).to.equal(200);
  });
});
