import { expect } from 'chai';
import { connect, createServer, createSecureServer } from 'node:http2';
import type { Http2Server, Http2SecureServer, ServerHttp2Stream } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { makePair } from '../harness/certificates.ts';
import { startFastcgi } from '../harness/fastcgi.ts';
import { ingressClass } from '../harness/objects.ts';
import { site } from '../harness/sites.ts';
import type { annotations } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';
import type { Stage } from '../harness/stage.ts';

type Short = Parameters<typeof annotations>[0];

async function listen(stage: Stage, server: Server | Http2Server | Http2SecureServer) {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stage.defer(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { address: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

/** Answers as gRPC does: headers, what came, trailers. */
function answerGrpc(stream: ServerHttp2Stream, headers: Readonly<Record<string, unknown>>): void {
  stream.on('error', () => undefined);
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () =>
    stream.sendTrailers({
      'grpc-status': '0',
      'x-seen-host': String(headers['host'] ?? headers[':authority']),
    }),
  );
  stream.pipe(stream);
}

describe('protocols of backends', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web', {
      headers: { location: 'http://inner.test/x', 'set-cookie': 'a=b; Domain=inner.test; Path=/inner/' },
    });
    const pair = await makePair('backend.test');
    const tls = { key: pair.key, cert: pair.certificate };
    const https = await listen(
      stage,
      createHttps(tls, (request, response) => response.end(`secure ${request.headers.host}`)),
    );
    const grpc = createServer();
    grpc.on('stream', answerGrpc);
    const grpcs = createSecureServer(tls);
    grpcs.on('stream', answerGrpc);
    const places = {
      web,
      https,
      grpc: await listen(stage, grpc),
      grpcs: await listen(stage, grpcs),
      fcgi: await startFastcgi(stage),
      dead: { address: '127.0.0.1', port: 1 },
    };
    stage.write('class.yaml', ingressClass());
    const sites: readonly (readonly [string, keyof typeof places, Short])[] = [
      ['http', 'web', { 'backend-protocol': 'HTTP' }],
      ['unknown', 'web', { 'backend-protocol': 'AJP' }],
      ['https', 'https', { 'backend-protocol': 'https' }],
      ['auto', 'web', { 'backend-protocol': 'AUTO_HTTP' }],
      ['autos', 'https', { 'backend-protocol': 'AUTO_HTTP' }],
      ['grpc', 'grpc', { 'backend-protocol': 'GRPC', 'proxy-read-timeout': 10 }],
      ['grpcs', 'grpcs', { 'backend-protocol': 'GRPCS' }],
      ['fcgi', 'fcgi', { 'backend-protocol': 'FCGI' }],
      ['dead-http', 'dead', { 'proxy-next-upstream-tries': 0 }],
      ['dead-grpc', 'dead', { 'backend-protocol': 'GRPC' }],
      ['dead-fcgi', 'dead', { 'backend-protocol': 'FCGI' }],
      ['vhost', 'web', { 'upstream-vhost': 'inner.test', 'connection-proxy-header': 'keep-alive' }],
      [
        'rewritten',
        'web',
        {
          'proxy-redirect-from': 'http://inner.test/',
          'proxy-redirect-to': 'https://outer.test/',
          'proxy-cookie-domain': 'inner.test outer.test',
          'proxy-cookie-path': '/inner/ /outer/',
        },
      ],
      ['default', 'web', { 'proxy-redirect-from': 'default' }],
      ['auto-default', 'web', { 'proxy-redirect-from': 'default', 'backend-protocol': 'AUTO_HTTP' }],
    ];
    for (const [name, place, short] of sites)
      stage.write(`${name}.yaml`, ...site(name, { places: [places[place]], with: short }));
    return { program: await stage.start({ flags: ['--sync-rate-limit=20'] }) };
  });

  for (const host of ['http', 'unknown', 'auto', 'default', 'auto-default']) {
    it(`${host} is plain HTTP`, async () => {
      expect((await the().program.http(`${host}.test`, '/')).echo().backend).to.equal('web');
    });
  }

  for (const host of ['dead-http', 'dead-grpc', 'dead-fcgi']) {
    it(`${host}: an end to tries of what nobody answers`, async () => {
      expect((await the().program.http(`${host}.test`, '/')).status).to.equal(502);
    });
  }

  it('HTTPS speaks TLS to the backend', async () => {
    expect((await the().program.http('https.test', '/')).text).to.equal('secure https.test');
  });

  it('AUTO_HTTP speaks what the client speaks', async () => {
    expect((await the().program.https('autos.test', '/')).text).to.equal('secure autos.test');
  });

  for (const host of ['grpc.test', 'grpcs.test']) {
    it(`${host}: messages and trailers pass both ways`, async () => {
      const client = connect(`https://127.0.0.1:${the().program.ports.https}`, {
        servername: host,
        rejectUnauthorized: false,
      });
      try {
        const stream = client.request({
          ':method': 'POST',
          ':authority': host,
          'content-type': 'application/grpc',
          te: 'trailers',
        });
        stream.end('a message');
        const chunks: Buffer[] = [];
        const trailers = new Promise<Readonly<Record<string, unknown>>>((resolve, reject) => {
          stream.once('trailers', resolve);
          stream.once('error', reject);
        });
        for await (const chunk of stream) chunks.push(chunk as Buffer);
        expect(Buffer.concat(chunks).toString()).to.equal('a message');
        expect(await trailers).to.include({ 'grpc-status': '0', 'x-seen-host': host });
      } finally {
        client.destroy();
      }
    });
  }

  it('FCGI names the script and the request', async () => {
    const { text } = await the().program.http('fcgi.test', '/index.php?a=b');
    expect(JSON.parse(text)).to.include({ SCRIPT_NAME: '/index.php', QUERY_STRING: 'a=b' });
  });

  it('endpoints get the host and the connection header that are asked for', async () => {
    const { headers } = (await the().program.http('vhost.test', '/')).echo();
    expect(headers).to.include({
      host: 'inner.test',
      connection: 'keep-alive',
      'x-forwarded-host': 'vhost.test',
    });
  });

  it('redirects and cookies of the backend are rewritten', async () => {
    const { headers } = await the().program.http('rewritten.test', '/');
    expect(headers.location).to.equal('https://outer.test/x');
    expect(headers['set-cookie']).to.deep.equal(['a=b; Domain=outer.test; Path=/outer/']);
  });
});
