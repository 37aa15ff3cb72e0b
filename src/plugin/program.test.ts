import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import { makeFolder } from '../testing/builders/folder.ts';
import type { Folder } from '../testing/builders/folder.ts';
import { makeScript } from '../testing/builders/script.ts';
import { startFakeApi } from '../testing/fake-api/server.ts';
import type { FakeApi } from '../testing/fake-api/server.ts';
import type { FakeObject } from '../testing/fake-api/store.ts';
import { endpoints, ingress, service } from '../testing/harness/objects.ts';
import { runPlugin } from './program.ts';

const NAMESPACE = 'ingress-nginx';

interface PodSpec {
  readonly owner?: readonly [kind: string, name: string];
  readonly labels?: Readonly<Record<string, string>>;
  readonly ready?: boolean;
  readonly deletionTimestamp?: string;
  readonly namespace?: string;
}

function pod(
  name: string,
  { owner, labels = {}, ready = true, namespace = NAMESPACE, ...meta }: PodSpec,
): FakeObject {
  const ownerReferences =
    owner === undefined
      ? []
      : [{ kind: owner[0], name: owner[1], uid: 'u', apiVersion: 'apps/v1', controller: true }];
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels,
      ...(ownerReferences.length === 0 ? {} : { ownerReferences }),
      ...meta,
    },
    status: { phase: 'Running', conditions },
  } as FakeObject;
}

// Writes what it is asked for, and answers as a container would.
const KUBECTL = `
for word in "$@"; do printf '%s\\n' "$word"; done > "$KUBECTL_SEEN"
[ -n "$KUBECTL_FAILS" ] && { printf '%s' "$KUBECTL_FAILS" >&2; exit 7; }
case "$*" in
*"/dbg conf") printf 'http {\\n\\t## start server a.test\\n\\tserver { }\\n\\t## end server a.test\\n}\\n\\n' ;;
*"/dbg backends list") printf 'one\\ntwo\\n' ;;
*"/dbg"*) echo "dbg: $*" ;;
esac
`;

describe('kubectl ingress-nginx', () => {
  let folder: Folder;
  let api: FakeApi;
  let seenFile: string;
  before(async () => {
    folder = await makeFolder();
    seenFile = folder.file('seen');
    await makeScript(folder, 'kubectl', KUBECTL);
    api = await startFakeApi();
    const owner = ['ReplicaSet', 'ingress-nginx-controller-5f4bd44db8'] as const;
    for (const object of [
      pod('admission', { owner: ['Job', 'ingress-nginx-admission'], labels: { job: 'yes' } }),
      pod('defaultbackend', { owner: ['ReplicaSet', 'ingress-nginx-controller-extra-66c'] }),
      pod('starting', { owner, ready: false }),
      pod('leaving', { owner, deletionTimestamp: '2026-01-01T00:00:00Z' }),
      pod('serving', { owner, labels: { app: 'controller' } }),
      pod('daemon', { owner: ['DaemonSet', 'everywhere'] }),
      pod('young', { owner: ['ReplicaSet', 'slow-1'], ready: false }),
      pod('elsewhere', { owner, namespace: 'other' }),
      service('ingress-nginx-controller', { clusterIP: '10.96.0.1' }, { namespace: NAMESPACE }),
      {
        ...service('balanced', { clusterIP: '10.96.0.2' }, { namespace: NAMESPACE }),
        status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }, { hostname: 'lb.test' }] } },
      },
      service('fixed', { clusterIP: '10.96.0.3', loadBalancerIP: '5.6.7.8' }, { namespace: NAMESPACE }),
      ingress('web', { rules: { 'a.test': 'web', 'b.test': 'web' }, namespace: NAMESPACE }),
      ingress('old', {
        rules: { 'c.test': 'gone' },
        annotations: { 'nginx.ingress.kubernetes.io/mirror-uri': '/m' },
        namespace: 'other',
      }),
      ...endpoints(
        'web',
        [
          { address: '10.0.0.1', port: 80 },
          { address: '10.0.0.2', port: 80 },
        ],
        { namespace: NAMESPACE },
      ),
      deployment('ingress-nginx-controller', '--sort-backends'),
      deployment('fine'),
    ])
      api.create(object);
  });
  after(async () => {
    await api.close();
    await folder.remove();
  });

  function deployment(name: string, ...args: readonly string[]): FakeObject {
    const containers = [{ name: 'controller', args: ['/nginx-ingress-controller', ...args] }];
    return {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: NAMESPACE },
      spec: { template: { spec: { containers } } },
    } as FakeObject;
  }

  /** With the server and namespace, unless the words begin with one. */
  async function run(words: string, env: Readonly<Record<string, string>> = {}) {
    await rm(seenFile, { force: true });
    let [out, err] = ['', ''];
    const args = words === '' ? [] : words.split(' ');
    const code = await runPlugin(['-s', api.url, '-n', NAMESPACE, ...args], {
      env: { PATH: `${folder.path}:${process.env['PATH']}`, KUBECTL_SEEN: seenFile, ...env },
      out: (text) => (out += text),
      err: (text) => (err += text),
    });
    const kubectl = existsSync(seenFile) ? readFileSync(seenFile, 'utf8').trim().split('\n').join(' ') : null;
    return { code, out, err, kubectl: kubectl?.replace(`--server=${api.url} `, '') ?? null };
  }

  const exec = (pod: string, words: string) => `exec -n ${NAMESPACE} -c controller ${pod} -- ${words}`;

  describe('asks the controller', () => {
    const cases: readonly (readonly [words: string, dbg: string])[] = [
      ['backends', 'backends all'],
      ['backends --list', 'backends list'],
      ['backends --backend default-web-80', 'backends get default-web-80'],
      ['certs --host a.test', 'certs get a.test'],
      ['general', 'general'],
      ['generation', 'generation'],
      ['quarantine', 'quarantine'],
      ['explain a.test', 'explain a.test /'],
      ['explain a.test /x?y=1', 'explain a.test /x?y=1'],
      ['conf', 'conf'],
    ];
    for (const [words, dbg] of cases)
      it(`with "${words}"`, async () => {
        const { code, out, err, kubectl } = await run(words);
        expect({ code, err }).to.deep.equal({ code: 0, err: '' });
        expect(kubectl).to.equal(exec('serving', `/dbg ${dbg}`));
        expect(out).to.not.equal('');
      });

    it('and shows what it says as it is', async () => {
      expect((await run('backends --list')).out).to.equal('one\ntwo\n');
      expect((await run('conf')).out).to.match(/^http \{\n[^]*\}\n\n$/);
    });

    it('for the part of a host', async () => {
      expect(await run('conf --host a.test')).to.include({ code: 0, out: 'server { }\n' });
      expect(await run('conf --host b.test')).to.include({
        code: 1,
        out: '',
        err: "host b.test was not found in the controller's nginx.conf\n",
      });
    });

    it('with the flags for kubectl, wherever they stand', async () => {
      const { kubectl } = await run('--as me general --as-group dev --as-group ops');
      expect(kubectl).to.equal(`--as=me --as-group=dev --as-group=ops ${exec('serving', '/dbg general')}`);
    });
  });

  describe('chooses a pod', () => {
    const cases: readonly (readonly [words: string, pod: string])[] = [
      ['--pod starting', 'starting'],
      ['--selector job=yes', 'admission'],
      ['-l app=controller --deployment nonsense', 'serving'],
      ['--pod daemon -l job=yes', 'daemon'],
      ['--deployment everywhere', 'daemon'],
      ['--deployment slow', 'young'],
      ['--deployment ingress-nginx-controller-extra', 'defaultbackend'],
      ['-n other', 'elsewhere'],
    ];
    for (const [words, pod] of cases)
      it(`by ${words}`, async () => {
        const { kubectl } = await run(`general ${words}`);
        expect(kubectl).to.match(new RegExp(` -c controller ${pod} -- `));
      });

    it('and its container', async () => {
      expect((await run('general --container sidecar')).kubectl).to.include('-c sidecar serving');
    });

    for (const [words, message] of [
      ['--pod none', 'pod none not found in namespace ingress-nginx'],
      ['-l a=b', 'no pods for label selector a=b found in namespace ingress-nginx'],
      ['--deployment none', 'no pods for deployment none found in namespace ingress-nginx'],
      ['--deployment ingress-nginx', 'no pods for deployment ingress-nginx found'],
    ] as const)
      it(`and says when there is none by ${words}`, async () => {
        const { code, out, err, kubectl } = await run(`general ${words}`);
        expect({ code, out, kubectl }).to.deep.equal({ code: 1, out: '', kubectl: null });
        expect(err).to.include(message);
      });
  });

  describe('hands over to kubectl', () => {
    const cases: readonly (readonly [words: string, kubectl: string])[] = [
      ['exec -- ls -l -n x', exec('serving', 'ls -l -n x')],
      ['exec -it --pod daemon -- sh -c ls', `exec -i -t -n ${NAMESPACE} -c controller daemon -- sh -c ls`],
      ['exec ls', exec('serving', 'ls')],
      ['ssh', `exec -i -t -n ${NAMESPACE} -c controller serving -- /bin/bash`],
      ['logs', `logs -n ${NAMESPACE} -c controller serving`],
      [
        'logs -f -p --timestamps --limit-bytes 5 --tail 0 --since 5m --since-time t',
        `logs -n ${NAMESPACE} -c controller serving --follow --timestamps --previous --limit-bytes=5 --tail=0 --since-time=t --since=5m`,
      ],
      ['logs --token t', `--token=t logs -n ${NAMESPACE} -c controller serving`],
    ];
    for (const [words, kubectl] of cases)
      it(`with "${words}"`, async () => {
        expect(await run(words)).to.include({ code: 0, err: '', kubectl });
      });

    it('and ends as it does', async () => {
      expect(await run('logs', { KUBECTL_FAILS: '\n' })).to.include({ code: 7 });
    });

    it('and says what went wrong with it', async () => {
      const { code, out, err } = await run('backends', {
        KUBECTL_FAILS: 'error: unable to upgrade connection\n',
      });
      expect({ code, out, err }).to.deep.equal({
        code: 1,
        out: '',
        err: 'error: unable to upgrade connection\n',
      });
      for (const words of ['backends', 'logs']) {
        const gone = await run(words, { PATH: '/none' });
        expect(gone.code).to.equal(1);
        expect(gone.err).to.match(/kubectl cannot be run: .*ENOENT/);
      }
    });
  });

  describe('reads objects', () => {
    const cases: readonly (readonly [words: string, out: string])[] = [
      ['info', 'Service cluster IP address: 10.96.0.1\nLoadBalancer IP|CNAME: \n'],
      [
        'info --service balanced',
        'Service cluster IP address: 10.96.0.2\nLoadBalancer IP|CNAME: 1.2.3.4,lb.test\n',
      ],
      ['info --service fixed', 'Service cluster IP address: 10.96.0.3\nLoadBalancer IP|CNAME: 5.6.7.8\n'],
      ['lint ing', ''],
      [
        'lint ingresses --all-namespaces',
        '✗ other/old\n  - Uses the annotation "mirror-uri", which was removed; write mirror-target instead.\n\n',
      ],
      ['lint ingress --show-all', '✓ web\n'],
      ['lint dep -f 0.23.0', ''],
      [
        'lint deployments -t 0.22.0 --show-all',
        '✓ fine\n✗ ingress-nginx-controller\n  - Uses the flag --sort-backends, which was removed; take it away.\n\n',
      ],
      ['lint -f 0.23.0', 'Checking ingresses...\nChecking deployments...\n'],
    ];
    for (const [words, out] of cases)
      it(`for "${words}"`, async () => {
        expect(await run(words)).to.deep.include({ code: 0, err: '', out });
      });

    it('and says more about findings', async () => {
      const { out } = await run('lint deployment -v');
      expect(out).to.include(
        '      Lint added for version 0.22.0\n      https://github.com/kubernetes/ingress-nginx/issues/3655\n',
      );
    });

    it('for the table of Ingresses', async () => {
      for (const words of ['ingresses', 'ingress', 'ing']) {
        const { out } = await run(words);
        expect(out.split('\n').map((line) => line.split(/ {3,}/))).to.deep.equal([
          ['INGRESS NAME', 'HOST+PATH', 'ADDRESSES', 'TLS', 'SERVICE', 'SERVICE PORT', 'ENDPOINTS'],
          ['web', 'a.test/', 'NO', 'web', '80', '2'],
          ['web', 'b.test/', 'NO', 'web', '80', '2'],
          [''],
        ]);
      }
      expect((await run('ingresses --host b.test')).out.split('\n')).to.have.length(3);
      const all = (await run('ing --all-namespaces')).out;
      expect(all)
        .to.match(/^NAMESPACE +INGRESS NAME/)
        .and.match(/^other +old +c\.test\/ +NO +gone +80 +N\/A$/m);
    });

    it('and says what is missing', async () => {
      expect(await run('info --service none')).to.include({ code: 1, out: '' });
      expect((await run('info --service none')).err).to.match(/^Error from server \(404\)/);
    });
  });

  describe('is used wrongly', () => {
    for (const [words, message] of [
      ['certs', "required option '--host <name>' not specified"],
      ['backends --list --backend x', "option '--list' cannot be used with option '--backend <name>'"],
      ['nothing', "unknown command 'nothing'"],
      ['lint --nothing', "unknown option '--nothing'"],
      ['lint -f UNKNOWN', 'is not a version'],
      ['lint ingresses -t 1.x', 'is not a version'],
      ['general too much', 'too many arguments'],
      ['explain', "missing required argument 'host'"],
    ] as const)
      it(`with "${words}"`, async () => {
        const { code, out, err } = await run(words);
        expect({ code, out }).to.deep.equal({ code: 1, out: '' });
        expect(err).to.include(message);
      });
  });

  it('helps', async () => {
    let out = '';
    const io = { env: {}, out: (text: string) => (out += text), err: (text: string) => (out += text) };
    for (const args of [[], ['--help'], ['help']]) {
      out = '';
      expect(await runPlugin(args, io)).to.equal(0);
      expect(out).to.match(/^Usage: kubectl ingress-nginx/);
      for (const name of [
        'backends',
        'certs',
        'conf',
        'exec',
        'general',
        'info',
        'ingresses',
        'lint',
        'logs',
        'ssh',
      ])
        expect(out).to.match(new RegExp(`^ +${name}`, 'm'));
    }
    out = '';
    expect(await runPlugin(['certs', '--help'], io)).to.equal(0);
    expect(out).to.include('--host <name>').and.include('--kubeconfig');
  });
});
