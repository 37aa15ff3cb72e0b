import { X509Certificate } from 'node:crypto';
import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { ShownBackend } from '../../inspect/backends.ts';
import { makePair } from '../harness/certificates.ts';
import { ingress, ingressClass, tlsSecret } from '../harness/objects.ts';
import { pickyNginx } from '../harness/picky-nginx.ts';
import { eventually } from '../harness/poll.ts';
import { root } from '../harness/program.ts';
import { site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

interface GenerationShown {
  readonly serving: {
    readonly generation: string;
    readonly since: string;
    readonly changed: readonly string[];
  };
  readonly generations: number;
  readonly lastChange: { readonly objects: readonly string[] };
  readonly lastRefusal: { readonly reason: string } | null;
  readonly draining: { readonly generations: number };
}

describe('dbg on a running controller', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const next = await stage.backend('next');
    const pair = await makePair('tls.test');
    stage.write('class.yaml', ingressClass());
    stage.write('a.yaml', ...site('a', { places: [web], path: '/x' }));
    stage.write(
      'next.yaml',
      ...site('next', {
        places: [next],
        host: 'a.test',
        path: '/x',
        with: { canary: true, 'canary-weight': 0 },
      }),
    );
    stage.write('other.yaml', ingress('other', { className: 'haproxy', rules: { 'a.test': 'a' } }));
    stage.write(
      'tls.yaml',
      tlsSecret('tls', pair),
      ...site('tls', { places: [web], tls: [{ hosts: ['tls.test'], secretName: 'tls' }] }),
    );
    const program = await stage.start({
      flags: ['--sync-rate-limit=20', '--live-routes=false'],
      env: { NGINX_BINARY: pickyNginx(stage.folder) },
    });
    return { program, web, pair };
  });

  async function dbg(...args: readonly string[]): Promise<string> {
    const main = join(root, 'src', 'cli', 'dbg-main.ts');
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, [main, `--data-dir=${the().program.dataDir}`, ...args]);
    return stdout;
  }

  const generation = async () => JSON.parse(await dbg('generation')) as GenerationShown;

  it('lists backends, and shows what nginx sends requests to', async () => {
    const names = ['default-a-80', 'default-next-80', 'default-tls-80', 'upstream-default-backend'];
    expect(await dbg('backends', 'list')).to.equal(names.map((name) => `${name}\n`).join(''));
    const all = JSON.parse(await dbg('backends', 'all')) as readonly ShownBackend[];
    expect(all.map(({ name }) => name)).to.deep.equal(names);
    const { address, port } = the().web;
    expect(all[0]).to.deep.include({ endpoints: [{ address, port: String(port) }], noServer: false });
    expect(all[0]?.alternativeBackends).to.deep.equal(['default-next-80']);
    expect(JSON.parse(await dbg('backends', 'get', 'default-next-80'))).to.deep.equal(all[1]);
  });

  it('shows the certificate that clients get, and no key', async () => {
    const { program, pair } = the();
    const text = await dbg('certs', 'get', 'tls.test');
    expect(text).to.include(pair.certificate.trim()).and.include('withheld').and.not.include('PRIVATE KEY');
    const [line = ''] = pair.key.split('\n').slice(1);
    expect(text).to.not.include(line);
    const served = await program.https('tls.test', '/', { servername: 'tls.test' });
    expect(new X509Certificate(text).fingerprint256).to.equal(served.certificate.fingerprint);
    expect(await dbg('certs', 'get', 'a.test')).to.equal('No cert found for host a.test\n');
  });

  it('shows the file with the marks that tools look for', async () => {
    const text = await dbg('conf');
    expect(text).to.equal(`${await the().program.nginxConf()}\n`);
    expect(text).to.match(/^\t## start server a\.test$[^]*^\t## end server a\.test$/m);
  });

  it('explains who serves a request, and why others do not', async () => {
    const { program, web } = the();
    expect((await program.http('a.test', '/x/y')).echo().backend).to.equal('web');
    const text = await dbg('explain', 'a.test', '/x/y?z=1');
    for (const line of [
      'Request   a.test/x/y',
      'In force  yes',
      'Location  "/x/" of Ingress default/a, path /x',
      `Backend   default-a-80: ${web.address}:${web.port}`,
    ])
      expect(text.split('\n')).to.include(line);
    expect(text).to.match(/canary {2}default-next-80, weight 0 of 100/);
    expect(text).to.include('Ingress default/other: its class "haproxy" is not one of this controller');
    expect(await dbg('explain', 'tls.test')).to.include('308 to https, since the host has TLS');
    expect((await program.http('tls.test', '/')).status).to.equal(308);
  });

  it('says what serves, what changed last, and what was refused', async () => {
    const { stage, web } = the();
    const before = await generation();
    expect(before.lastRefusal).to.equal(null);
    stage.write('new.yaml', ...site('new', { places: [web] }));
    await eventually(async () => {
      const now = await generation();
      expect(now.serving.changed).to.deep.equal(['new.test']);
      expect(now.generations).to.be.above(before.generations);
      expect(now.serving.generation).to.not.equal(before.serving.generation);
      expect(now.serving.since > before.serving.since).to.equal(true);
      expect(now.lastChange.objects).to.include('Ingress default/new');
    });
    stage.write('bad.yaml', ...site('bad', { places: [web], with: { 'upstream-vhost': 'poison.test' } }));
    await eventually(async () =>
      expect(await dbg('explain', 'bad.test')).to.include(
        'Ingress default/bad is in quarantine (confined): poison',
      ),
    );
    expect(JSON.parse(await dbg('quarantine'))).to.have.length(1);
    stage.remove('bad.yaml');
    stage.remove('new.yaml');
    await eventually(async () =>
      expect((await generation()).serving)
        .to.have.property('removed')
        .that.includes('new.test'),
    );
  });

  it('is for the user of the controller only', () => {
    const { dataDir } = the().program;
    expect(statSync(join(dataDir, 'run')).mode & 0o777).to.equal(0o700);
    expect(statSync(join(dataDir, 'run', 'inspection.sock')).mode & 0o777).to.equal(0o600);
  });
});
