import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { silentLogger } from '../../lib/log.ts';
import type { Logger } from '../../lib/log.ts';
import { loadCredentials } from './credentials.ts';
import type { CredentialOptions } from './credentials.ts';

const inCluster = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };

describe('credentials', () => {
  let directory: string;
  let time: number;
  let warnings: string[];
  let log: Logger;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tidegate-credentials-'));
    time = 0;
    warnings = [];
    const note = (message: string) => void warnings.push(message);
    log = { ...silentLogger, warn: note, error: note };
  });

  afterEach(() => rm(directory, { recursive: true }));

  function write(name: string, content: string): Promise<void> {
    return writeFile(join(directory, name), content);
  }

  function load(overrides: Partial<CredentialOptions> = {}) {
    return loadCredentials({
      apiserverHost: '',
      kubeconfig: '',
      certificateAuthority: '',
      log,
      env: {},
      serviceAccountDir: directory,
      now: () => time,
      ...overrides,
    });
  }

  async function problem(overrides: Partial<CredentialOptions> = {}): Promise<string> {
    return load(overrides).then(
      () => '',
      (error: unknown) => String(error),
    );
  }

  function kubeconfig(parts: { readonly cluster?: object; readonly user?: object } = {}): string {
    return JSON.stringify({
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
      clusters: [{ name: 'k', cluster: { server: 'https://kube.example:6443/prefix/', ...parts.cluster } }],
      users: [{ name: 'u', user: parts.user ?? {} }],
    });
  }

  describe('of a service account', () => {
    beforeEach(async () => {
      await write('token', 'first\n');
      await write('ca.crt', 'CA');
    });

    it('are the token, the CA and the address of the environment', async () => {
      const credentials = await load({ env: inCluster });
      expect(credentials.server.href).to.equal('https://10.0.0.1/');
      expect(await credentials.access()).to.deep.equal({
        headers: { authorization: 'Bearer first' },
        tls: { ca: 'CA' },
      });
    });

    it('work with an IPv6 address', async () => {
      const credentials = await load({ env: { ...inCluster, KUBERNETES_SERVICE_HOST: 'fd00::1' } });
      expect(credentials.server.hostname).to.equal('[fd00::1]');
    });

    it('are read again after a minute, and the TLS settings stay the same object', async () => {
      const credentials = await load({ env: inCluster });
      const { tls } = await credentials.access();
      await write('token', 'second');
      time = 59_999;
      expect((await credentials.access()).headers).to.deep.equal({ authorization: 'Bearer first' });
      time = 60_000;
      const fresh = await credentials.access();
      expect(fresh.headers).to.deep.equal({ authorization: 'Bearer second' });
      expect(fresh.tls).to.equal(tls);
      await write('ca.crt', 'CA 2');
      time = 120_000;
      expect((await credentials.access()).tls).to.deep.equal({ ca: 'CA 2' });
    });

    it('are read again at once after a refusal, but only once for all who got it', async () => {
      const credentials = await load({ env: inCluster });
      const refused = await credentials.access();
      await write('token', 'second');
      credentials.refresh(refused);
      expect((await credentials.access()).headers).to.deep.equal({ authorization: 'Bearer second' });
      await write('token', 'third');
      credentials.refresh(refused);
      expect((await credentials.access()).headers).to.deep.equal({ authorization: 'Bearer second' });
    });

    it('stay when they cannot be read again', async () => {
      const credentials = await load({ env: inCluster });
      for (const spoil of [() => write('token', ''), () => rm(join(directory, 'token'))]) {
        await spoil();
        time += 60_000;
        expect((await credentials.access()).headers).to.deep.equal({ authorization: 'Bearer first' });
      }
      expect(warnings).to.have.length(2);
      await write('token', 'second');
      time += 60_000;
      expect((await credentials.access()).headers).to.deep.equal({ authorization: 'Bearer second' });
    });

    it('use the authorities of the system when there is no CA file', async () => {
      await rm(join(directory, 'ca.crt'));
      const credentials = await load({ env: inCluster });
      expect((await credentials.access()).tls).to.deep.equal({});
      expect(warnings).to.have.length(1);
    });

    it('need a token', async () => {
      await rm(join(directory, 'token'));
      expect(await problem({ env: inCluster })).to.include(`${directory}/token cannot be read (ENOENT`);
      await write('token', ' \n');
      expect(await problem({ env: inCluster })).to.include('token is empty');
    });
  });

  describe('with --apiserver-host alone', () => {
    const hosts = [
      ['https://kube.example:6443/prefix', '', 'https://kube.example:6443/prefix'],
      ['127.0.0.1:8080', '', 'http://127.0.0.1:8080/'],
      ['kube.example', 'ca.crt', 'https://kube.example/'],
    ] as const;
    for (const [apiserverHost, file, href] of hosts) {
      it(`${apiserverHost} ${file === '' ? 'without' : 'with'} a CA are anonymous at ${href}`, async () => {
        await write('ca.crt', 'CA');
        const certificateAuthority = file === '' ? '' : join(directory, file);
        const credentials = await load({ apiserverHost, certificateAuthority, env: inCluster });
        expect(credentials.server.href).to.equal(href);
        expect(await credentials.access()).to.deep.equal({
          headers: {},
          tls: file === '' ? {} : { ca: 'CA' },
        });
      });
    }

    it('survive an unreadable CA file, with an error in the log', async () => {
      const credentials = await load({ apiserverHost: 'https://k', certificateAuthority: '/does/not/exist' });
      expect((await credentials.access()).tls).to.deep.equal({});
      expect(warnings).to.have.length(1);
    });

    it('need a URL', async () => {
      expect(await problem({ apiserverHost: 'ftp://x' })).to.equal(
        'Error: --apiserver-host: "ftp://x" is not an http or https URL',
      );
    });
  });

  describe('of a kubeconfig', () => {
    it('are its token, CA and certificates', async () => {
      await write('ca.pem', 'CA');
      await write('cert.pem', 'CERT');
      const user = {
        token: 'secret',
        'client-certificate': 'cert.pem',
        'client-key-data': Buffer.from('KEY').toString('base64'),
      };
      await write('config', kubeconfig({ cluster: { 'certificate-authority': 'ca.pem' }, user }));
      const credentials = await load({ kubeconfig: join(directory, 'config'), env: inCluster });
      expect(credentials.server.href).to.equal('https://kube.example:6443/prefix');
      expect(await credentials.access()).to.deep.equal({
        headers: { authorization: 'Bearer secret' },
        tls: { ca: 'CA', cert: 'CERT', key: 'KEY' },
      });
    });

    const variants: readonly (readonly [
      string,
      { readonly cluster?: object; readonly user?: object },
      object,
    ])[] = [
      [
        'a password',
        { user: { username: 'me', password: 'pw' } },
        { headers: { authorization: `Basic ${Buffer.from('me:pw').toString('base64')}` }, tls: {} },
      ],
      [
        'TLS switches',
        { cluster: { 'insecure-skip-tls-verify': true, 'tls-server-name': 'other' } },
        { headers: {}, tls: { rejectUnauthorized: false, servername: 'other' } },
      ],
      ['an http server', { cluster: { server: 'http://127.0.0.1:8001' } }, { headers: {}, tls: {} }],
      ['another identity', { user: { as: 'jane' } }, { headers: { 'impersonate-user': 'jane' }, tls: {} }],
    ];
    for (const [name, parts, expected] of variants) {
      it(`may have ${name}`, async () => {
        await write('config', kubeconfig(parts));
        const credentials = await load({ kubeconfig: join(directory, 'config') });
        expect(await credentials.access()).to.deep.equal(expected);
      });
    }

    it('may have a proxy', async () => {
      await write('config', kubeconfig({ cluster: { 'proxy-url': 'http://proxy:3128' } }));
      const credentials = await load({ kubeconfig: join(directory, 'config') });
      expect(credentials.proxy?.href).to.equal('http://proxy:3128/');
    });

    it('may have a token file, relative to it', async () => {
      await write('my-token', 'from file\n');
      await write('config', kubeconfig({ user: { tokenFile: 'my-token' } }));
      const credentials = await load({ kubeconfig: join(directory, 'config') });
      expect((await credentials.access()).headers).to.deep.equal({ authorization: 'Bearer from file' });
    });

    it('may come from an exec plugin, which runs again only after a refusal', async () => {
      const answer = '{"kind":"ExecCredential","status":{"token":"run-\'"$(wc -l < "$0")"\'"}}';
      const script = join(directory, 'runs');
      await writeFile(script, '');
      const command = `echo >> "$0"; echo '${answer}'`;
      const user = {
        exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', command, script] },
      };
      await write('config', kubeconfig({ user }));
      const credentials = await load({ kubeconfig: join(directory, 'config') });
      const first = await credentials.access();
      expect(first.headers).to.deep.equal({ authorization: 'Bearer run-1' });
      time = 60_000;
      expect((await credentials.access()).headers).to.deep.equal(first.headers);
      credentials.refresh(await credentials.access());
      expect((await credentials.access()).headers).to.deep.equal({ authorization: 'Bearer run-2' });
    });

    it('give way to --apiserver-host and --certificate-authority', async () => {
      await write('ca.pem', 'CA');
      await write('config', kubeconfig({ user: { token: 'secret' } }));
      const credentials = await load({
        kubeconfig: join(directory, 'config'),
        apiserverHost: 'https://other:1',
        certificateAuthority: join(directory, 'ca.pem'),
      });
      expect(credentials.server.href).to.equal('https://other:1/');
      expect(await credentials.access()).to.deep.equal({
        headers: { authorization: 'Bearer secret' },
        tls: { ca: 'CA' },
      });
    });

    it('are found in $KUBECONFIG, where the first file wins, and in the home directory', async () => {
      await write('one', kubeconfig({ user: { token: 'one' } }));
      await write('two', kubeconfig({ user: { token: 'two' } }));
      await mkdir(join(directory, '.kube'));
      await write('.kube/config', kubeconfig({ user: { token: 'home' } }));
      const env = { HOME: directory };
      const listed = ['missing', 'one', 'two'].map((name) => join(directory, name)).join(':');
      const fromList = await load({ env: { ...env, KUBECONFIG: listed } });
      expect((await fromList.access()).headers).to.deep.equal({ authorization: 'Bearer one' });
      const fromHome = await load({ env });
      expect((await fromHome.access()).headers).to.deep.equal({ authorization: 'Bearer home' });
    });

    const broken = [
      ['is empty', '', 'is not a kubeconfig'],
      ['is not YAML', '{', 'config: '],
      ['has no context', '{"clusters":[]}', 'current-context is not set'],
      ['has a wrong context', '{"current-context":"x"}', 'current-context "x" is not among the contexts'],
      [
        'names a missing cluster',
        '{"current-context":"c","contexts":[{"name":"c","context":{"cluster":"k","user":"u"}}]}',
        'the cluster "k", which is not among the clusters',
      ],
      ['names a missing CA file', kubeconfig({ cluster: { 'certificate-authority': 'no.pem' } }), 'no.pem'],
      ['has a wrong server', kubeconfig({ cluster: { server: 'ftp://x' } }), 'is not an http or https URL'],
      [
        'has a failing exec plugin',
        kubeconfig({ user: { exec: { command: 'sh', args: ['-c', 'echo no such account >&2; exit 1'] } } }),
        'no such account',
      ],
    ] as const;
    for (const [name, content, message] of broken) {
      it(`that ${name} are refused`, async () => {
        await write('config', content);
        const text = await problem({ kubeconfig: join(directory, 'config') });
        expect(text)
          .to.include(`--kubeconfig ${join(directory, 'config')}`)
          .and.include(message);
      });
    }

    it('that does not exist are refused', async () => {
      expect(await problem({ kubeconfig: '/does/not/exist' })).to.include(
        '--kubeconfig /does/not/exist: ENOENT',
      );
    });
  });

  it('without any source are refused with all places named', async () => {
    expect(await problem({ env: { HOME: directory } }))
      .to.include('KUBERNETES_SERVICE_HOST')
      .and.include('--kubeconfig')
      .and.include('--apiserver-host');
  });
});
