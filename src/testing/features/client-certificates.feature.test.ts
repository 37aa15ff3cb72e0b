import { join } from 'node:path';
import { expect } from 'chai';
import { connect as connectHttp2 } from 'node:http2';
import { makeAuthority, makePair } from '../harness/certificates.ts';
import { ingress, secret, tlsSecret } from '../harness/objects.ts';
import type { PairPem } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { useStage } from '../harness/stage.ts';
import type { Stage } from '../harness/stage.ts';
import { askOnce, handshake, only, sessionOf } from '../harness/tls.ts';
import { annotate, webObjects } from './site.ts';

const UNAUTHORIZED = 'client certificate unauthorized';

async function writeSite(stage: Stage) {
  const web = await stage.backend('web');
  const [ours, theirs] = [await makeAuthority('Ours'), await makeAuthority('Theirs')];
  const clients = {
    alice: await ours.issue('CN=alice,O=Example'),
    bob: await ours.issue('CN=bob,O=Example'),
    late: await ours.issue('CN=late', { notAfter: new Date(Date.now() - 1000) }),
    eve: await theirs.issue('CN=eve'),
  };
  const site = (name: string, values: Readonly<Record<string, string>>) =>
    ingress(name, {
      rules: { [`${name}.test`]: 'web' },
      annotations: annotate({ 'ssl-redirect': 'false', ...values }),
    });
  const asking = (name: string, values: Readonly<Record<string, string>> = {}) =>
    site(name, { 'auth-tls-secret': 'default/authority', ...values });
  stage.write(
    'site.yaml',
    ...webObjects(web),
    secret('authority', { 'ca.crt': `subject=Ours\n${ours.certificate}` }),
    secret('revoking', { 'ca.crt': ours.certificate, 'ca.crl': await ours.revoke(clients.bob) }),
    secret('garbage', { 'ca.crt': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }),
    secret('empty', { other: 'x' }),
    secret('far', { 'ca.crt': ours.certificate }, { namespace: 'elsewhere' }),
    tlsSecret('pair', await makePair('pair.test')),
    tlsSecret('own', await makePair('own.test')),
    site('plain', {}),
    asking('strict'),
    ingress('strict-more', { rules: { 'strict.test': [{ path: '/more', to: 'web' }] } }),
    asking('optional', {
      'auth-tls-verify-client': 'optional',
      'auth-tls-pass-certificate-to-upstream': 'true',
    }),
    asking('any', { 'auth-tls-verify-client': 'optional_no_ca' }),
    asking('never', { 'auth-tls-verify-client': 'off' }),
    asking('odd', { 'auth-tls-verify-client': 'sometimes', 'auth-tls-verify-depth': '-1' }),
    asking('page', { 'auth-tls-error-page': 'https://www.test/sorry' }),
    asking('named', { 'auth-tls-match-cn': 'CN=(alice|carol)' }),
    site('revoking', { 'auth-tls-secret': 'default/revoking' }),
    site('pair', { 'auth-tls-secret': 'default/pair' }),
    site('pair-named', { 'auth-tls-secret': 'default/pair', 'auth-tls-match-cn': 'CN=alice' }),
    site('missing', { 'auth-tls-secret': 'default/nobody' }),
    site('garbage', { 'auth-tls-secret': 'default/garbage' }),
    site('empty', { 'auth-tls-secret': 'default/empty' }),
    site('bare', { 'auth-tls-secret': 'authority' }),
    site('foreign', { 'auth-tls-secret': 'elsewhere/far' }),
    site('idle', { 'auth-tls-match-cn': 'alice', 'auth-tls-error-page': '?' }),
    ingress('own', {
      rules: { 'own.test': 'web' },
      tls: [{ hosts: ['own.test'], secretName: 'own' }],
      annotations: annotate({ 'auth-tls-secret': 'default/authority' }),
    }),
  );
  return { ours, theirs, clients };
}

type Client = 'alice' | 'bob' | 'late' | 'eve' | null;

const CLOSED: readonly string[] = ['missing', 'garbage', 'empty', 'bare', 'foreign'];

/** `subject` is what the endpoint learns; undefined when no request gets there. */
const requests: readonly (readonly [host: string, client: Client, status: number, verify?: string])[] = [
  ['plain.test', null, 200],
  ['plain.test', 'eve', 200],
  ['strict.test', null, 400],
  ['strict.test', 'alice', 200, 'SUCCESS'],
  ['strict.test', 'late', 400],
  ['strict.test', 'eve', 400],
  ['optional.test', null, 200, 'NONE'],
  ['optional.test', 'alice', 200, 'SUCCESS'],
  ['optional.test', 'eve', 400],
  ['any.test', null, 200, 'NONE'],
  ['any.test', 'alice', 200, 'SUCCESS'],
  ['any.test', 'late', 400],
  ['never.test', null, 200, 'NONE'],
  ['never.test', 'eve', 200, 'NONE'],
  ['odd.test', null, 400],
  ['odd.test', 'alice', 200, 'SUCCESS'],
  ['page.test', null, 302],
  ['page.test', 'eve', 302],
  ['page.test', 'alice', 200, 'SUCCESS'],
  ['named.test', null, 400],
  ['named.test', 'alice', 200, 'SUCCESS'],
  ['named.test', 'bob', 403],
  ['revoking.test', 'alice', 200, 'SUCCESS'],
  ['revoking.test', 'bob', 400],
  ['pair.test', null, 200],
  ['pair-named.test', null, 403],
  ['pair-named.test', 'alice', 403],
  ['idle.test', null, 200],
  ['own.test', 'alice', 200, 'SUCCESS'],
];

describe('client certificates', () => {
  const the = useStage(async (stage) => {
    const made = await writeSite(stage);
    return { ...made, program: await stage.start() };
  });
  const port = () => the().program.ports.https;
  const pairOf = (client: Client): PairPem | undefined =>
    client === null ? undefined : the().clients[client];

  for (const [host, client, status, verify] of requests) {
    it(`https://${host}/ with ${client === null ? 'no certificate' : `that of ${client}`}: ${status}`, async () => {
      const answer = await the().program.https(host, '/', { client: pairOf(client) });
      expect(answer.status).to.equal(status);
      if (status === 302) expect(answer.headers.location).to.equal('https://www.test/sorry');
      if (status === 403) expect(answer.text).to.equal(UNAUTHORIZED);
      if (status === 200) expect(answer.echo().headers['ssl-client-verify']).to.equal(verify);
    });
  }

  for (const name of CLOSED) {
    it(`${name}.test, whose authority cannot be used, answers 403 whatever is asked for`, async () => {
      const { program } = the();
      for (const path of ['/', '/x']) {
        expect((await program.https(`${name}.test`, path, { client: pairOf('alice') })).status).to.equal(403);
        expect((await program.http(`${name}.test`, path)).status).to.equal(403);
      }
      expect(program.logLines().join('\n')).to.match(
        new RegExp(`client-authority-invalid.*default/${name}|default/${name}.*answer 403`),
      );
    });
  }

  it('holds for all paths of the host, whoever wrote them', async () => {
    const { program } = the();
    expect((await program.https('strict.test', '/more')).status).to.equal(400);
    expect((await program.https('strict.test', '/more', { client: pairOf('alice') })).status).to.equal(200);
  });

  it('over plain HTTP nobody is asked, and the subject is empty', async () => {
    const { program } = the();
    const answer = await program.http('strict.test', '/');
    expect(answer.status).to.equal(200);
    expect(answer.echo().headers).to.not.have.any.keys('ssl-client-verify', 'ssl-client-subject-dn');
    expect(await program.http('named.test', '/')).to.include({ status: 403, text: UNAUTHORIZED });
  });

  describe('what endpoints learn', () => {
    it('subject, issuer and result, and the certificate where it is wanted', async () => {
      const answer = await the().program.https('optional.test', '/', { client: pairOf('alice') });
      const { headers } = answer.echo();
      expect(headers).to.include({
        'ssl-client-verify': 'SUCCESS',
        'ssl-client-subject-dn': 'O=Example,CN=alice',
        'ssl-client-issuer-dn': 'CN=Ours',
      });
      const pem = decodeURIComponent(String(headers['ssl-client-cert']));
      expect(pem.trim()).to.equal(the().clients.alice.certificate.trim());
    });

    it('nothing that a client says about itself', async () => {
      const lies = {
        'ssl-client-cert': 'x',
        'ssl-client-verify': 'SUCCESS',
        'ssl-client-subject-dn': 'CN=root',
        'ssl-client-issuer-dn': 'CN=root',
      };
      for (const host of ['optional.test', 'any.test']) {
        const answer = await the().program.https(host, '/', { headers: lies });
        const { headers } = answer.echo();
        expect(headers['ssl-client-verify']).to.equal('NONE');
        expect(headers).to.not.have.any.keys(
          'ssl-client-cert',
          'ssl-client-subject-dn',
          'ssl-client-issuer-dn',
        );
      }
    });
  });

  describe('no way around', () => {
    it('a Host whose certificates were not asked for gets 421', async () => {
      const { program } = the();
      for (const host of ['strict.test', 'optional.test', 'named.test']) {
        for (const client of ['alice', null] as const) {
          const answer = await program.https(host, '/', { servername: 'plain.test', client: pairOf(client) });
          expect(answer.status).to.equal(421);
        }
      }
    });

    it('the certificate for one host is none for another', async () => {
      const answer = await the().program.https('revoking.test', '/', {
        servername: 'strict.test',
        client: pairOf('bob'),
      });
      expect(answer.status).to.equal(421);
    });

    it('neither is HTTP/2, whose connections browsers share among hosts', async () => {
      const socket = await handshake(port(), { servername: 'plain.test', ALPNProtocols: ['h2'] });
      const session = connectHttp2('https://plain.test', { createConnection: () => socket });
      const statusOf = async (host: string) => {
        const stream = session.request({ ':path': '/', ':authority': host });
        const { promise, resolve } = Promise.withResolvers<unknown>();
        stream.once('response', (headers) => resolve(headers[':status']));
        const status = await promise;
        stream.close();
        return status;
      };
      expect(await statusOf('plain.test')).to.equal(200);
      expect(await statusOf('strict.test')).to.equal(421);
      session.destroy();
    });

    it('without a server name nobody was asked: 400', async () => {
      const answer = await the().program.https('strict.test', '/', { servername: null });
      expect(answer.status).to.equal(400);
    });

    it('a host without a rule is served on a connection of one with a rule', async () => {
      const answer = await the().program.https('plain.test', '/', {
        servername: 'strict.test',
        client: pairOf('alice'),
      });
      expect(answer.status).to.equal(200);
    });

    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      it(`a ${version} session is resumed where it began`, async () => {
        const { certificate: cert, key } = the().clients.alice;
        const options = { servername: 'strict.test', ...only(version) };
        const session = await sessionOf(port(), { ...options, servername: 'strict.test', cert, key });
        const socket = await handshake(port(), { ...options, session });
        expect(socket.isSessionReused()).to.equal(true);
        expect(await askOnce(socket, 'strict.test')).to.match(/^HTTP\/1.1 200 /);
      });

      for (const from of ['plain.test', 'optional.test', 'revoking.test']) {
        it(`a ${version} session of ${from} opens no other host`, async () => {
          const { certificate: cert, key } = the().clients.alice;
          const session = await sessionOf(port(), { ...only(version), servername: from, cert, key });
          // A handshake that is refused is as good.
          const text = await handshake(port(), { servername: 'strict.test', session, ...only(version) })
            .then((socket) => askOnce(socket, 'strict.test'))
            .catch(() => '');
          expect(text).to.not.match(/^HTTP\/1.1 200 /);
        });
      }
    }
  });

  it('hosts with client certificates have certificates of their own, which change without a reload', async () => {
    const { stage, program, clients } = the();
    const look = async () => {
      const answer = await program.https('own.test', '/', { client: clients.alice });
      expect(answer.certificate.subject).to.deep.equal({ CN: 'own.test' });
      return answer.certificate.fingerprint;
    };
    const before = { fingerprint: await look(), reloads: program.reloads() };
    stage.write('own.yaml', tlsSecret('own', await makePair('own.test')));
    await eventually(async () => expect(await look()).to.not.equal(before.fingerprint));
    expect(program.reloads()).to.equal(before.reloads);
  });

  it('nginx.conf spells it as scripts know it', async () => {
    const { program } = the();
    const text = await program.nginxConf();
    for (const line of [
      `ssl_client_certificate ${join(program.dataDir, 'ssl', 'default-authority.pem')};`,
      'ssl_verify_client on;',
      'ssl_verify_client optional_no_ca;',
      'ssl_verify_depth 1;',
      'error_page 495 496 = https://www.test/sorry;',
      'proxy_set_header ssl-client-cert $ssl_client_escaped_cert;',
    ])
      expect(text).to.include(line);
  });
});
