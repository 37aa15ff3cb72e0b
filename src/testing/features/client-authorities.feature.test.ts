import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeAuthority } from '../harness/certificates.ts';
import type { Authority } from '../harness/certificates.ts';
import { configMap, ingress, secret } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { useStage } from '../harness/stage.ts';
import { askOnce, handshake, only, sessionOf } from '../harness/tls.ts';
import { annotate, webObjects } from './site.ts';

describe('client certificates that change', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const [old, next] = [await makeAuthority('Authority'), await makeAuthority('Authority')];
    stage.write(
      'site.yaml',
      ...webObjects(web),
      configMap('settings', {
        'ssl-session-tickets': 'true',
        'ssl-session-ticket-key': Buffer.alloc(80, 3).toString('base64'),
      }),
    );
    stage.write('authority.yaml', authorityOf(old));
    stage.write('ingress.yaml', asking());
    const people = { old: await old.issue('CN=old'), next: await next.issue('CN=next') };
    const program = await stage.start({ flags: ['--configmap=default/settings'] });
    return { program, next, people };
  });
  const authorityOf = ({ certificate }: Pick<Authority, 'certificate'>) =>
    secret('authority', { 'ca.crt': certificate });
  const asking = (values: Readonly<Record<string, string>> = { 'auth-tls-secret': 'default/authority' }) =>
    ingress('web', { rules: { 'web.test': 'web' }, annotations: annotate(values) });

  it('a new authority of the same name ends the trust in the old one, in sessions too', async () => {
    const { stage, program, next, people } = the();
    const port = program.ports.https;
    const { certificate: cert, key } = people.old;
    const versions = ['TLSv1.2', 'TLSv1.3'] as const;
    const sessions = await Promise.all(
      versions.map((version) => sessionOf(port, { ...only(version), servername: 'web.test', cert, key })),
    );
    expect((await program.https('web.test', '/', { client: people.old })).status).to.equal(200);
    await program.reloadAfter(() => stage.write('authority.yaml', authorityOf(next)));
    expect((await program.https('web.test', '/', { client: people.old })).status).to.equal(400);
    expect((await program.https('web.test', '/', { client: people.next })).status).to.equal(200);
    for (const [index, session] of sessions.entries()) {
      const version = versions[index] ?? 'TLSv1.3';
      const socket = await handshake(port, { servername: 'web.test', session, ...only(version) });
      expect(await askOnce(socket, 'web.test')).to.match(/^HTTP\/1.1 400 /);
    }
  });

  it('a Secret that goes closes the host, and opens it when it comes back', async () => {
    const { stage, program, next, people } = the();
    await program.reloadAfter(() => stage.remove('authority.yaml'));
    expect((await program.https('web.test', '/', { client: people.next })).status).to.equal(403);
    await program.reloadAfter(() => stage.write('authority.yaml', authorityOf(next)));
    expect((await program.https('web.test', '/', { client: people.next })).status).to.equal(200);
  });

  it('what is asked of hosts that nobody has is not asked of others', async () => {
    const { stage, program } = the();
    const asked = (host: string) => {
      const place = `127.0.0.1:${program.ports.https}`;
      const output = execFileSync('openssl', ['s_client', '-connect', place, '-servername', host], {
        input: '',
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      return !output.includes('No client certificate CA names sent');
    };
    expect([asked('web.test'), asked('nobody.test')]).to.deep.equal([true, false]);
    await program.reloadAfter(() => {
      stage.write(
        'rest.yaml',
        ingress('rest', {
          defaultBackend: 'web',
          annotations: annotate({ 'auth-tls-secret': 'default/authority' }),
        }),
        ingress('open', { rules: { 'open.test': 'web' } }),
      );
    });
    expect(['web.test', 'nobody.test', 'open.test'].map(asked)).to.deep.equal([true, true, false]);
    expect((await program.https('nobody.test', '/')).status).to.equal(400);
    expect((await program.https('open.test', '/')).status).to.equal(200);
    await program.reloadAfter(() => stage.remove('rest.yaml'));
    expect(asked('nobody.test')).to.equal(false);
  });

  it('no file of an authority is left when nobody asks any more', async () => {
    const { stage, program } = the();
    const files = async () => {
      const all = await readdir(join(program.dataDir, 'ssl'), { withFileTypes: true });
      return all.flatMap((entry) => (entry.isFile() ? [entry.name] : [])).sort();
    };
    expect(await files()).to.deep.equal(['default-authority.pem', 'default-fake-certificate.pem']);
    await program.reloadAfter(() => stage.write('ingress.yaml', asking({})));
    await eventually(async () => expect(await files()).to.deep.equal(['default-fake-certificate.pem']));
  });
});
