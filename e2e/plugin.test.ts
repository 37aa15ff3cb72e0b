/** The kubectl plugin, called by kubectl, against the controller in a cluster. */
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { makeCertificate } from '../src/testing/certificate.ts';
import { NAMESPACE, controllerPod, eventuallyPage, inController, rollout } from './support/controller.ts';
import { apply, createNamespace, deleteNamespace, eventually, kubectl } from './support/kubectl.ts';
import { echo, ingress } from './support/objects.ts';

describe('kubectl ingress-nginx', () => {
  let folder: string;
  let namespace: string;
  let host: string;
  let pem: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plugin-'));
    const program = join(import.meta.dirname, '..', 'scripts', 'kubectl-ingress_nginx.mjs');
    await symlink(program, join(folder, 'kubectl-ingress_nginx'));
    namespace = await createNamespace('plugin');
    host = `www.${namespace}.test`;
    const { cert, key } = await makeCertificate({ names: [host] });
    pem = cert;
    const data = { 'tls.crt': cert, 'tls.key': key };
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/tls',
      metadata: { name: 'tls' },
      stringData: data,
    };
    await apply(
      [
        echo('web', 2),
        JSON.stringify(secret),
        ingress({ name: 'web', host, service: 'web', extra: `  tls: [{hosts: [${host}], secretName: tls}]` }),
        ingress({
          name: 'old',
          host: `old.${namespace}.test`,
          service: 'web',
          annotations: { 'nginx.ingress.kubernetes.io/session-cookie-hash': 'md5' },
        }),
      ].join('\n---\n'),
      namespace,
    );
    await rollout('web', namespace);
    await eventuallyPage(`old.${namespace}.test`, 200);
  });

  after(async () => {
    await deleteNamespace(namespace);
    await rm(folder, { recursive: true });
  });

  async function run(...args: readonly string[]) {
    const env = { PATH: `${folder}:${process.env['PATH']}` };
    const { stdout, stderr, exitCode } = await execa('kubectl', ['ingress-nginx', ...args], {
      env,
      reject: false,
    });
    return { out: stdout, err: stderr, code: exitCode };
  }

  async function say(...args: readonly string[]): Promise<string> {
    const { out, err, code } = await run('-n', NAMESPACE, ...args);
    if (code !== 0) throw new Error(`${args.join(' ')}: ${code} ${err}`);
    return out;
  }

  it('lists Ingresses with their endpoints', async () => {
    const lines = await eventually('both endpoints', async () => {
      const { out } = await run('-n', namespace, 'ingresses', '--host', host);
      return out.endsWith('2') ? out.split('\n') : null;
    });
    expect(lines[0]).to.match(/^INGRESS NAME +HOST\+PATH +ADDRESSES +TLS +SERVICE +SERVICE PORT +ENDPOINTS$/);
    expect(lines[1]?.split(/ {3,}/)).to.include.members(['web', `${host}/`, 'YES', '80', '2']);
  });

  it('shows backends', async () => {
    const name = `${namespace}-web-80`;
    expect((await say('backends', '--list')).split('\n'))
      .to.include(name)
      .and.include('upstream-default-backend');
    const backend = JSON.parse(await say('backends', '--backend', name)) as {
      readonly endpoints: readonly object[];
    };
    expect(backend.endpoints).to.have.length(2);
  });

  it('shows the part of nginx.conf that is about a host', async () => {
    const text = await say('conf', '--host', host);
    expect(text)
      .to.match(new RegExp(`^server \\{\\n\\s+server_name .*${host}`))
      .and.match(/\}$/);
    expect((await run('-n', NAMESPACE, 'conf', '--host', 'none.test')).code).to.equal(1);
  });

  it('shows the certificate of a host, and no key', async () => {
    const text = await say('certs', '--host', host);
    expect(new X509Certificate(text).fingerprint256).to.equal(new X509Certificate(pem).fingerprint256);
    expect(text).to.not.include('PRIVATE KEY');
  });

  it('explains a request, and shows the generation', async () => {
    const text = await say('explain', host, '/x');
    expect(text).to.include(`Ingress ${namespace}/web`).and.include('In force  yes');
    expect(JSON.parse(await say('generation')))
      .to.have.property('serving')
      .that.has.property('since');
    expect(await say('general')).to.equal('{}');
  });

  it('runs programs, and shows the log', async () => {
    const { name } = await controllerPod();
    expect(await say('exec', '--', 'hostname')).to.equal(name);
    expect(await say('exec', '--', 'sh', '-c', 'echo $0 -n x', 'y')).to.equal('y -n x');
    expect((await say('logs', '--tail', '3')).split('\n')).to.have.length(3);
    expect(await say('logs', '--pod', name)).to.include('Backend successfully reloaded');
  });

  it('shows addresses', async () => {
    const address = await kubectl([
      '-n',
      NAMESPACE,
      'get',
      'service',
      'ingress-nginx-controller',
      '-o',
      'jsonpath={.spec.clusterIP}',
    ]);
    expect(await say('info')).to.equal(`Service cluster IP address: ${address}\nLoadBalancer IP|CNAME: `);
  });

  it('finds mistakes', async () => {
    const { out } = await run('-n', namespace, 'lint');
    expect(out).to.match(
      /^Checking ingresses\.\.\.\n✗ old\n {2}- Uses the annotation "session-cookie-hash".*\n\nChecking deployments\.\.\./,
    );
  });

  it('says what it may not do', async () => {
    const { err, code } = await run('-n', NAMESPACE, 'ingresses', '--as', 'nobody', '--as-group', 'nothing');
    expect(code).to.equal(1);
    expect(err).to.match(/\(403\).*User "nobody" cannot list/);
  });
});

describe('the controller in its image', () => {
  it('has a profiler that keeps the heap to itself', async () => {
    const ask = (path: string) =>
      inController(`wget -q -S -O - 'http://127.0.0.1:10245/debug/pprof/${path}' 2>&1 || true`);
    expect(await ask('profile?seconds=0.2'))
      .to.match(/200 OK/)
      .and.include('"nodes":');
    expect(await ask('heap')).to.match(/403 Forbidden/);
  });

  it('opens log files anew on SIGUSR1, and no debugger', async () => {
    const before = await controllerPod();
    // The init process hands it on.
    await inController('kill -USR1 1');
    const log = () => kubectl(['--namespace', NAMESPACE, 'logs', before.name]);
    await eventually('a line of the log', async () =>
      (await log()).includes('log files are opened anew') ? true : null,
    );
    expect(await log()).to.not.match(/debugger/i);
    expect(await controllerPod()).to.deep.equal(before);
  });
});
