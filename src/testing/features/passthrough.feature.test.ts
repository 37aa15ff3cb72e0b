/** TLS connections that are handed on undecrypted (compat/behaviour.md section 30). */
import { expect } from 'chai';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import type { Echo } from '../harness/backend.ts';
import { makePair } from '../harness/certificates.ts';
import { configMap, endpoints, ingress, ingressClass, service, tlsSecret } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { annotations, site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';
import type { Stage } from '../harness/stage.ts';
import { startTlsBackend } from '../harness/tls-backend.ts';
import { only } from '../harness/tls.ts';

const FAKE = 'Kubernetes Ingress Controller Fake Certificate';
const on = { 'ssl-passthrough': 'true', 'backend-protocol': 'HTTPS' };

/** Hands bytes on in small pieces, each in a packet of its own. */
function inPieces(socket: Socket, size: number): Duplex {
  socket.setNoDelay(true);
  const duplex = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      const next = (at: number): void => {
        if (at >= chunk.length) return done();
        socket.write(chunk.subarray(at, at + size), () => setImmediate(next, at + size));
      };
      next(0);
    },
    final: (done) => void socket.end(done),
  });
  socket.on('data', (data) => duplex.push(data)).on('end', () => duplex.push(null));
  socket.on('error', (error) => duplex.destroy(error));
  return duplex;
}

interface Asked {
  readonly port: number;
  readonly host: string;
  readonly from?: string;
  readonly to?: string;
  /** Before TLS begins. */
  readonly first?: string;
  /** Bytes. */
  readonly pieces?: number;
  readonly tls?: ConnectionOptions;
  readonly headers?: string;
}

/** The common name of the certificate, and what comes for `/`. */
async function ask({ port, host, from, to = '127.0.0.1', first = '', pieces, tls, headers = '' }: Asked) {
  const socket = connect({ port, host: to, ...(from === undefined ? {} : { localAddress: from }) });
  socket.write(first);
  const secure = connectTls({
    socket: pieces === undefined ? socket : (inPieces(socket, pieces) as Socket),
    servername: host,
    rejectUnauthorized: false,
    ...tls,
  });
  try {
    await new Promise((resolve, reject) => {
      secure.once('secureConnect', resolve).once('error', reject);
    });
    const name = String(secure.getPeerCertificate().subject.CN);
    secure.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n${headers}Connection: close\r\n\r\n`);
    const answer = await text(secure);
    const body = answer.slice(answer.indexOf('\r\n\r\n') + 4).replace(/^[0-9a-f]+\r\n|\r\n0\r\n\r\n$/g, '');
    return { name, answer, body };
  } finally {
    socket.destroy();
  }
}

async function headersOf(asked: Asked): Promise<Echo['headers']> {
  const { body } = await ask(asked);
  return (JSON.parse(body) as Echo).headers;
}

async function sites(stage: Stage) {
  const tls = await startTlsBackend(stage, await makePair('inner.passed'));
  const web = await stage.backend('web');
  stage.write('class.yaml', ingressClass());
  stage.write(
    'web.yaml',
    ...site('web', {
      places: [web],
      tls: [{ hosts: ['web.test'], secretName: 'web' }],
      with: { 'ssl-redirect': 'false' },
    }),
    tlsSecret('web', await makePair('web.test')),
  );
  stage.write('passed.yaml', ...site('passed', { places: [tls], with: on }));
  return { tls, web };
}

describe('TLS passthrough', () => {
  const the = useStage(async (stage) => {
    const { tls, web } = await sites(stage);
    stage.write(
      'cluster.yaml',
      service('cluster', { clusterIP: tls.address, ports: [{ name: 'https', port: tls.port }] }),
      ...endpoints('cluster', [web], { port: 'https' }),
      ingress('cluster', {
        rules: { 'cluster.test': [{ to: `cluster:${tls.port}` }, { path: '/other', to: 'web' }] },
        annotations: annotations(on),
      }),
    );
    stage.write('moving.yaml', ...site('moving', { places: [tls], with: on }));
    stage.write('wild.yaml', ...site('wild', { host: '*.wild.test', places: [tls], with: on }));
    stage.write('rootless.yaml', ...site('rootless', { path: '/x', places: [tls], with: on }));
    stage.write('bad.yaml', ...site('bad', { places: [tls], with: { 'ssl-passthrough': 'maybe' } }));
    stage.write(
      'foreign.yaml',
      ...site('foreign', { places: [web], created: '2026-01-01T00:00:00Z' }),
      ingress('thief', {
        namespace: 'elsewhere',
        rules: { 'foreign.test': [{ path: '/mine', to: 'web' }] },
        annotations: annotations(on),
        created: '2026-01-02T00:00:00Z',
      }),
    );
    return { program: await stage.start({ flags: ['--enable-ssl-passthrough'] }), tls };
  });
  const port = () => the().program.ports.https;

  for (const [what, asked] of [
    ['TLS 1.2', { tls: only('TLSv1.2') }],
    ['TLS 1.3', { tls: only('TLSv1.3') }],
    ['a hello in many pieces', { pieces: 40 }],
    ['a hello byte by byte', { pieces: 1 }],
    ['IPv6', { to: '::1' }],
  ] as const) {
    it(`hands on ${what}`, async () => {
      const { name, body } = await ask({ port: port(), host: 'passed.test', ...asked });
      expect(name).to.equal('inner.passed');
      expect(JSON.parse(body)).to.include({ servername: 'passed.test' });
    });

    it(`ends ${what} of other hosts in nginx`, async () => {
      const { name, body } = await ask({ port: port(), host: 'web.test', ...asked });
      expect(name).to.equal('web.test');
      expect(JSON.parse(body)).to.include({ backend: 'web' });
    });
  }

  it('goes to the address of the Service, and tells that other paths count for HTTP only', async () => {
    expect((await ask({ port: port(), host: 'cluster.test' })).name).to.equal('inner.passed');
    expect(the().program.logLines().join('\n')).to.include('handed on by its path');
  });

  it('does not care about case', async () => {
    expect((await ask({ port: port(), host: 'PASSED.test' })).name).to.equal('inner.passed');
  });

  it('ends connections without a name in nginx, and what is no TLS', async () => {
    const socket = connectTls({ port: port(), host: '127.0.0.1', rejectUnauthorized: false, servername: '' });
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    expect(socket.getPeerCertificate().subject.CN).to.equal(FAKE);
    socket.destroy();
    const plain = connect(port(), '127.0.0.1');
    plain.write('GET / HTTP/1.1\r\nHost: web.test\r\n\r\n');
    expect(await text(plain)).to.match(/^HTTP\/1\.1 400 /);
  });

  it('serves HTTP/2 beside it', async () => {
    const session = connectHttp2(`https://127.0.0.1:${port()}`, {
      servername: 'web.test',
      rejectUnauthorized: false,
    });
    const stream = session.request({ ':path': '/', ':authority': 'web.test' });
    expect(JSON.parse(await text(stream))).to.include({ backend: 'web' });
    session.close();
  });

  it('leaves plain HTTP of the host to nginx', async () => {
    const { program } = the();
    const { status, text: body } = await program.http('passed.test', '/');
    expect(status).to.equal(200);
    expect(body).to.include('"requests"');
  });

  it('keeps what is known about the client', async () => {
    const headers = await headersOf({ port: port(), host: 'web.test', from: '127.0.0.9' });
    expect(headers).to.include({
      'x-real-ip': '127.0.0.9',
      'x-forwarded-for': '127.0.0.9',
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
      'x-forwarded-scheme': 'https',
    });
    const plain = await the().program.http('web.test', '/', { headers: { 'x-forwarded-for': '192.0.2.1' } });
    const port80 = String(the().program.ports.http);
    expect(plain.echo().headers).to.include({
      'x-real-ip': '127.0.0.1',
      'x-forwarded-port': port80,
      'x-forwarded-proto': 'http',
    });
  });

  for (const [name, host, certificate, words] of [
    [
      'a wildcard',
      'a.wild.test',
      FAKE,
      /\*\.wild\.test.* cannot be handed on; write a rule with the full name/,
    ],
    ['a host without "/"', 'rootless.test', FAKE, /rootless\.test.* has no path .*; write one/],
    ['the host of another namespace', 'foreign.test', FAKE, /foreign\.test.* from ingress default\/foreign/],
    ['a bad value', 'bad.test', FAKE, /ssl-passthrough.*write .*true/],
  ] as const) {
    it(`ends TLS of ${name} in nginx and says so`, async () => {
      const { name: found } = await ask({ port: port(), host });
      expect(found).to.equal(certificate);
      expect(the().program.logLines().join('\n')).to.match(words);
    });
  }

  it('begins and ends with the annotation', async () => {
    const { stage, tls } = the();
    const found = async () => (await ask({ port: port(), host: 'moving.test' })).name;
    expect(await found()).to.equal('inner.passed');
    stage.write('moving.yaml', ...site('moving', { places: [tls], with: { 'backend-protocol': 'HTTPS' } }));
    await eventually(async () => expect(await found()).to.equal(FAKE));
    stage.write('moving.yaml', ...site('moving', { places: [tls], with: on }));
    await eventually(async () => expect(await found()).to.equal('inner.passed'));
  });
});

const CLAIM = 'X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Port: 81\r\n';
const HEADER = 'PROXY TCP4 192.0.2.9 192.0.2.10 1111 443\r\n';

describe('TLS passthrough and the address of the client', () => {
  for (const [what, settings, first, believed] of [
    ['use-proxy-protocol', { 'use-proxy-protocol': 'true' }, HEADER, '192.0.2.9'],
    ['use-forwarded-headers', { 'use-forwarded-headers': 'true' }, '', '203.0.113.7'],
    ['enable-real-ip', { 'enable-real-ip': 'true' }, '', '203.0.113.7'],
    [
      'use-proxy-protocol and use-forwarded-headers',
      { 'use-proxy-protocol': 'true', 'use-forwarded-headers': 'true' },
      HEADER,
      '203.0.113.7',
    ],
    [
      'use-forwarded-headers from others',
      { 'use-forwarded-headers': 'true', 'proxy-real-ip-cidr': '192.0.2.0/24' },
      '',
      '127.0.0.1',
    ],
  ] as const) {
    describe(`with ${what}`, () => {
      const the = useStage(async (stage) => {
        await sites(stage);
        stage.write('settings.yaml', configMap('settings', settings));
        const flags = ['--enable-ssl-passthrough', '--configmap=default/settings'];
        return { program: await stage.start({ flags }) };
      });

      it('believes what it shall, over HTTPS and HTTP', async () => {
        const { http, https } = the().program.ports;
        const headers = await headersOf({ port: https, host: 'web.test', first, headers: CLAIM });
        expect(headers['x-real-ip']).to.equal(believed);
        const socket = connect(http, '127.0.0.1');
        socket.write(`${first}GET / HTTP/1.1\r\nHost: web.test\r\n${CLAIM}Connection: close\r\n\r\n`);
        expect(await text(socket)).to.include(`"x-real-ip":"${believed}"`);
      });

      it('believes nobody without a word', async () => {
        const { https } = the().program.ports;
        const headers = await headersOf({ port: https, host: 'web.test', first });
        expect(headers['x-real-ip']).to.equal(first === '' ? '127.0.0.1' : '192.0.2.9');
        expect(headers).to.include({ 'x-forwarded-proto': 'https', 'x-forwarded-port': '443' });
      });

      it('hands on without a PROXY header', async () => {
        const { name, body } = await ask({ port: the().program.ports.https, host: 'passed.test', first });
        expect([name, body.includes('"servername":"passed.test"')]).to.deep.equal(['inner.passed', true]);
      });
    });
  }
});
