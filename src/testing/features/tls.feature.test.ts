import { expect } from 'chai';
import { Agent } from 'node:https';
import { connect as connectHttp2 } from 'node:http2';
import { makePair, makePairWith } from '../harness/certificates.ts';
import { certificateOf } from '../harness/client.ts';
import { endpoints, ingress, service, tlsSecret } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { useStage } from '../harness/stage.ts';
import { askOnce, handshake, only, sessionOf } from '../harness/tls.ts';
import { annotate, webObjects } from './site.ts';

const FAKE = { O: 'Acme Co', CN: 'Kubernetes Ingress Controller Fake Certificate' };

describe('TLS', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web', { headers: { 'strict-transport-security': 'max-age=1' } });
    const other = await stage.backend('other');
    const withSecret = (name: string, host: string, rest: Partial<Parameters<typeof ingress>[1]> = {}) =>
      ingress(name, { rules: { [host]: 'web' }, tls: [{ hosts: [host], secretName: name }], ...rest });
    stage.write(
      'site.yaml',
      ...webObjects(web),
      service('other'),
      ...endpoints('other', [other]),
      tlsSecret('one', await makePair('one.test')),
      withSecret('one', 'one.test'),
      tlsSecret('two', await makePair('two.test')),
      withSecret('two', 'two.test', { rules: { 'two.test': 'other' } }),
      tlsSecret('wild', await makePair('*.wild.test')),
      withSecret('wild', '*.wild.test'),
      withSecret('late', 'late.test'),
      tlsSecret('foreign', await makePair('elsewhere.test')),
      withSecret('foreign', 'foreign.test'),
      tlsSecret('rsa', await makePairWith(['rsa.test'], { kind: 'rsa' })),
      withSecret('rsa', 'rsa.test'),
      tlsSecret('old', await makePairWith(['old.test'], { notAfter: new Date(Date.now() - 1000) })),
      withSecret('old', 'old.test'),
      tlsSecret('torn', {
        certificate: (await makePair('torn.test')).certificate,
        key: (await makePair('torn.test')).key,
      }),
      withSecret('torn', 'torn.test'),
      ingress('plain', { rules: { 'plain.test': 'web' } }),
      ingress('bare', { rules: { 'bare.test': 'web' }, tls: [{ hosts: ['bare.test'] }] }),
      ingress('forced', {
        rules: { 'forced.test': 'web' },
        annotations: annotate({ 'force-ssl-redirect': 'true' }),
      }),
      withSecret('open', 'open.test', { annotations: annotate({ 'ssl-redirect': 'false' }) }),
      withSecret('kept', 'kept.test', { annotations: annotate({ 'preserve-trailing-slash': 'true' }) }),
      withSecret('acme', 'acme.test', {
        rules: { 'acme.test': [{ to: 'web' }, { path: '/.well-known/acme-challenge/', to: 'other' }] },
      }),
    );
    return { program: await stage.start() };
  });

  const port = () => the().program.ports.https;

  describe('certificates', () => {
    const presented: readonly (readonly [servername: string, subject: object, why: string])[] = [
      ['one.test', { CN: 'one.test' }, 'of its Secret'],
      ['two.test', { CN: 'two.test' }, 'of its Secret'],
      ['ONE.test', { CN: 'one.test' }, 'whatever the case'],
      ['a.wild.test', { CN: '*.wild.test' }, 'of the wildcard'],
      ['a.b.wild.test', FAKE, 'a wildcard covers one label'],
      ['wild.test', FAKE, 'a wildcard does not cover its parent'],
      ['late.test', FAKE, 'the Secret does not exist'],
      ['foreign.test', FAKE, 'the Secret is for another name'],
      ['rsa.test', { CN: 'rsa.test' }, 'of its Secret, an RSA key beside ECDSA ones'],
      ['old.test', { CN: 'old.test' }, 'of its Secret, although it has expired'],
      ['torn.test', FAKE, 'key and certificate of the Secret belong to two pairs'],
      ['plain.test', FAKE, 'the host has no TLS'],
      ['bare.test', FAKE, 'its TLS entry names no Secret'],
      ['unknown.test', FAKE, 'nobody knows the host'],
    ];
    for (const [servername, subject, why] of presented) {
      it(`${servername} gets ${'O' in subject ? 'the fake one' : JSON.stringify(subject)}: ${why}`, async () => {
        const { certificate } = await the().program.https(servername, '/');
        expect(certificate.subject).to.deep.equal(subject);
      });
    }

    it('without a server name: the fake one, for ingress.local', async () => {
      const { certificate } = await the().program.https('one.test', '/', { servername: null });
      expect(certificate.subject).to.deep.equal(FAKE);
      expect(certificate.names).to.equal('DNS:ingress.local');
    });

    it('a Secret that comes later is used at once, without a reload', async () => {
      const { stage, program } = the();
      const before = program.reloads();
      stage.write('late.yaml', tlsSecret('late', await makePair('late.test')));
      await eventually(async () => {
        const { certificate } = await program.https('late.test', '/');
        expect(certificate.subject).to.deep.equal({ CN: 'late.test' });
      });
      stage.remove('late.yaml');
      await eventually(async () => {
        const { certificate } = await program.https('late.test', '/');
        expect(certificate.subject).to.deep.equal(FAKE);
      });
      expect(program.reloads()).to.equal(before);
    });

    it('tells about what has expired and what does not fit', () => {
      const lines = the().program.logLines();
      expect(lines.filter((line) => line.includes('SSL certificate is expired'))).to.have.length(1);
      for (const [secret, reason] of [
        ['default/old', '"SSL certificate is expired" host="old.test"'],
        ['default/late', 'does not exist'],
        ['default/foreign', 'not for \\"foreign.test\\"'],
        ['default/torn', 'is not the key of the first certificate'],
      ] as const)
        expect(
          lines.some((line) => line.includes(secret) && line.includes(reason)),
          secret,
        ).to.equal(true);
    });

    it('an address that is a host gets the default certificate without a server name', async () => {
      // RFC 6066: the name in a handshake is never an address, so nothing can choose by it.
      const { program } = the();
      const answer = await program.https('127.0.0.1', '/', { servername: null });
      expect(answer.certificate.subject).to.deep.equal(FAKE);
      expect(answer.status).to.equal(404);
    });

    it('keys never lie in nginx.conf', async () => {
      expect(await the().program.nginxConf()).to.not.match(/BEGIN|PRIVATE/);
    });
  });

  describe('protocols', () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      it(`speaks ${version}`, async () => {
        const answer = await the().program.https('one.test', '/', { maxVersion: version });
        expect(answer.protocol).to.equal(version);
        expect(answer.echo().backend).to.equal('web');
      });
    }

    it('refuses TLS 1.1', async () => {
      const options = { servername: 'one.test', ...only('TLSv1.1') };
      const failure = await handshake(port(), options).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(Error);
    });

    it('speaks HTTP/2 when the client offers it', async () => {
      const socket = await handshake(port(), { servername: 'two.test', ALPNProtocols: ['h2', 'http/1.1'] });
      expect(socket.alpnProtocol).to.equal('h2');
      const session = connectHttp2('https://two.test', { createConnection: () => socket });
      const stream = session.request({ ':path': '/over/h2' });
      let text = '';
      for await (const chunk of stream.setEncoding('utf8')) text += String(chunk);
      session.destroy();
      expect(JSON.parse(text)).to.include({ backend: 'other', url: '/over/h2' });
    });

    it('routes by the Host of a request, whatever the connection was made for', async () => {
      const answer = await the().program.https('two.test', '/', { servername: 'one.test' });
      expect(answer.echo().backend).to.equal('other');
    });

    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      it(`resumes a ${version} session of the same host`, async () => {
        const session = await sessionOf(port(), { ...only(version), servername: 'one.test' });
        const socket = await handshake(port(), { servername: 'one.test', session, ...only(version) });
        expect(socket.isSessionReused()).to.equal(true);
        socket.destroy();
      });

      it(`a ${version} session of another host changes nothing`, async () => {
        const session = await sessionOf(port(), { ...only(version), servername: 'one.test' });
        const socket = await handshake(port(), { servername: 'two.test', session, ...only(version) });
        expect(certificateOf(socket).subject).to.deep.equal({ CN: 'two.test' });
        expect(await askOnce(socket, 'two.test')).to.include('"backend":"other"');
      });
    }

    it('keeps a connection for many requests', async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const { program } = the();
      const first = await program.https('one.test', '/', { agent });
      const second = await program.https('one.test', '/', { agent }).catch((error: unknown) => error);
      agent.destroy();
      expect(first.status).to.equal(200);
      expect(String(second)).to.include('the connection was not new');
    });
  });

  describe('redirects', () => {
    const redirects: readonly (readonly [host: string, path: string, location: string | null])[] = [
      ['one.test', '/', 'https://one.test'],
      ['one.test', '/a/b', 'https://one.test/a/b'],
      ['one.test', '/a/', 'https://one.test/a'],
      ['one.test', '/a//', 'https://one.test/a/'],
      ['one.test', '/a?b=c/', 'https://one.test/a?b=c'],
      ['one.test', '/a%2Fb?c=%20d', 'https://one.test/a%2Fb?c=%20d'],
      ['one.test:8080', '/a', 'https://one.test/a'],
      ['ONE.test', '/a', 'https://ONE.test/a'],
      ['a.wild.test', '/', 'https://a.wild.test'],
      ['late.test', '/a', 'https://late.test/a'],
      ['bare.test', '/a', 'https://bare.test/a'],
      ['kept.test', '/a/', 'https://kept.test/a/'],
      ['forced.test', '/a', 'https://forced.test/a'],
      ['acme.test', '/.well-known/other', 'https://acme.test/.well-known/other'],
      ['acme.test', '/.well-known/acme-challenge/token', null],
      ['plain.test', '/', null],
      ['open.test', '/', null],
    ];
    for (const [host, path, location] of redirects) {
      it(`http://${host}${path} ${location === null ? 'is served' : `goes to ${location}`}`, async () => {
        const { status, headers } = await the().program.http(host, path);
        expect({ status, location: headers.location ?? null }).to.deep.equal({
          status: location === null ? 200 : 308,
          location,
        });
      });
    }

    it('keeps the method: a body is not read before the redirect', async () => {
      const answer = await the().program.http('one.test', '/upload', {
        method: 'POST',
        body: 'x'.repeat(1000),
      });
      expect(answer.status).to.equal(308);
    });

    for (const host of ['one.test', 'plain.test', 'forced.test']) {
      it(`https://${host}/ is not redirected`, async () => {
        expect((await the().program.https(host, '/')).echo().backend).to.equal('web');
      });
    }
  });

  describe('HSTS', () => {
    const value = 'max-age=31536000; includeSubDomains';

    it('is sent over https, in place of what the backend says', async () => {
      const { headers } = await the().program.https('one.test', '/');
      expect(headers['strict-transport-security']).to.equal(value);
    });

    it('is sent for hosts with the fake certificate, as it always was', async () => {
      const { headers } = await the().program.https('plain.test', '/');
      expect(headers['strict-transport-security']).to.equal(value);
    });

    it('is not added over http', async () => {
      const { headers } = await the().program.http('forced.test', '/');
      expect(headers).to.not.have.property('strict-transport-security');
    });
  });
});

describe('--default-ssl-certificate', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    stage.write(
      'site.yaml',
      ...webObjects(web),
      ingress('rest', { defaultBackend: 'web' }),
      ingress('plain', { rules: { 'plain.test': 'web' } }),
    );
    stage.write('default.yaml', tlsSecret('standard', await makePair('standard.test', '127.0.0.1')));
    return { program: await stage.start({ flags: ['--default-ssl-certificate=default/standard'] }) };
  });

  for (const servername of ['plain.test', 'nobody.test', null]) {
    it(`is served for ${servername ?? 'an address'}`, async () => {
      const answer = await the().program.https(servername ?? '127.0.0.1', '/', { servername });
      expect(answer.certificate.subject).to.deep.equal({ CN: 'standard.test' });
      expect(answer.certificate.names).to.include('IP Address:127.0.0.1');
      expect(answer.echo().backend).to.equal('web');
    });
  }

  it('changes without a reload, and may be missing', async () => {
    const { stage, program } = the();
    const subject = async () => (await program.https('nobody.test', '/')).certificate.subject;
    const before = program.reloads();
    stage.write('default.yaml', tlsSecret('standard', await makePair('next.test')));
    await eventually(async () => expect(await subject()).to.deep.equal({ CN: 'next.test' }));
    stage.remove('default.yaml');
    await eventually(async () => expect(await subject()).to.deep.equal(FAKE));
    expect(program.reloads()).to.equal(before);
  });
});
