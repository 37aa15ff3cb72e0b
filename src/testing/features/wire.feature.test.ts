/** Requests at the edges of the protocols, byte by byte where that matters. */
import { expect } from 'chai';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { createServer as createTcp } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import type { Echo } from '../harness/backend.ts';
import { exchange, openRaw } from '../harness/client.ts';
import { ingressClass } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';
import type { Stage } from '../harness/stage.ts';

/** `large-client-header-buffers`, by default 4 of 8k: a line and its end must fit into one of them. */
const BUFFER = 8 * 1024;
const MEGABYTE = 1024 * 1024;

async function listen(stage: Stage, server: Server) {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stage.defer(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { address: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

/** Answers the head of any request with these bytes. */
function saying(answer: string): Server {
  return createTcp((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => socket.end(answer));
  });
}

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello';
const TRAILERS =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\nConnection: close\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n';

function answerWithHints(_request: IncomingMessage, response: ServerResponse): void {
  response.writeEarlyHints({ link: '</style.css>; rel=preload' });
  response.setHeader('content-length', 5);
  response.end('hello');
}

/** As many bytes of headers as `?large=` of the request says. */
function startLarge(stage: Stage) {
  const server = createServer((request, response) => {
    const size = Number(/large=(\d+)/.exec(request.url ?? '')?.[1] ?? 0);
    response.writeHead(200, { 'x-large': 'x'.repeat(size) }).end('whole');
  });
  return listen(stage, server);
}

describe('on the wire', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const large = await startLarge(stage);
    stage.write(
      'sites.yaml',
      ingressClass(),
      ...site('web', { places: [web] }),
      ...site('unbuffered', { places: [web], with: { 'proxy-request-buffering': 'off' } }),
      ...site('forced', { places: [web], with: { 'force-ssl-redirect': true } }),
      ...site('raw', { places: [await listen(stage, saying(ANSWER))] }),
      ...site('hints', { places: [await listen(stage, createServer(answerWithHints))] }),
      ...site('trailers', { places: [await listen(stage, saying(TRAILERS))] }),
      ...site('large', { places: [large] }),
      ...site('larger', { places: [large], with: { 'proxy-buffer-size': '16k' } }),
    );
    return { web, program: await stage.start() };
  });

  /** Sends this head and body, and resolves to all that comes. */
  const say = (head: readonly string[], body = '') =>
    exchange(the().program.ports.http, `${head.join('\r\n')}\r\nConnection: close\r\n\r\n${body}`);

  describe('Expect: 100-continue', () => {
    const head = (host: string, length: number) =>
      `POST / HTTP/1.1\r\nHost: ${host}\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n`;

    for (const host of ['web.test', 'unbuffered.test']) {
      it(`${host}: the client is told to go on, and its body arrives`, async () => {
        const connection = await openRaw(the().program.ports.http);
        connection.write(head(host, 5));
        expect(await connection.read(/\r\n\r\n/)).to.equal('HTTP/1.1 100 Continue\r\n\r\n');
        connection.write('hello');
        const answer = await connection.rest();
        expect(answer).to.match(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
        expect(echoOf(answer)).to.include({ bodyLength: 5 });
        expect(echoOf(answer).headers).to.not.have.property('expect');
      });
    }

    const refused: readonly (readonly [what: string, host: string, length: number, status: number])[] = [
      ['a body that is too large', 'web.test', MEGABYTE + 1, 413],
      ['a redirect', 'forced.test', 5, 308],
      ['nobody', 'unknown.test', 5, 404],
    ];
    for (const [what, host, length, status] of refused) {
      it(`${what} is answered ${status}, before the body`, async () => {
        const connection = await openRaw(the().program.ports.http);
        connection.write(head(host, length));
        const answer = await connection.read(/\r\n\r\n/);
        connection.close();
        expect(answer).to.match(new RegExp(`^HTTP/1\\.1 ${status} `));
      });
    }
  });

  it('early hints of the backend come before its answer, or not at all', async () => {
    const connection = await openRaw(the().program.ports.http);
    connection.write('GET / HTTP/1.1\r\nHost: hints.test\r\n\r\n');
    const answer = await connection.read(/\r\n\r\nhello$/);
    connection.close();
    // nginx before 1.29 takes 103 for the status of the answer, and what follows for its body: both pass as they are.
    expect(answer).to.match(/^(?:HTTP\/1\.1 103 [^]*?\r\n\r\n)?HTTP\/1\.1 200 OK\r\n/);
  });

  describe('trailers', () => {
    it('of the backend are dropped, and the body is whole', async () => {
      const answer = await say(['GET / HTTP/1.1', 'Host: trailers.test']);
      expect(answer).to.match(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/);
      expect(answer).to.not.match(/^X-Sum:/im);
    });

    it('of the client are dropped: they add and replace no header', async () => {
      const head = ['POST / HTTP/1.1', 'Host: web.test', 'Transfer-Encoding: chunked', 'Trailer: X-Own'];
      const body = '5\r\nhello\r\n0\r\nX-Own: 1\r\nX-Real-IP: 203.0.113.9\r\n\r\n';
      const echo = echoOf(await say(head, body));
      expect(echo).to.include({ bodyLength: 5 });
      expect(echo.headers).to.include({ 'x-real-ip': '127.0.0.1' }).and.not.have.property('x-own');
    });
  });

  describe('upgrades over TLS', () => {
    it('a connection is passed through both ways', async () => {
      const { program } = the();
      const socket = connectTls({
        port: program.ports.https,
        host: '127.0.0.1',
        servername: 'web.test',
        ALPNProtocols: ['http/1.1'],
        rejectUnauthorized: false,
      });
      await once(socket, 'secureConnect');
      let seen = '';
      socket.on('data', (data: Buffer) => (seen += data.toString('latin1')));
      socket.write(
        'GET /socket HTTP/1.1\r\nHost: web.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      );
      await eventually(() => expect(seen).to.match(/^HTTP\/1\.1 101 [^]*\r\n\r\n$/));
      expect(seen).to.match(/upgrade: websocket/i);
      for (const word of ['ping', 'pong']) {
        socket.write(word);
        await eventually(() => expect(seen.endsWith(`web:${word}`), seen).to.equal(true));
      }
      socket.destroy();
    });
  });

  describe('HTTP/2', () => {
    let client: ClientHttp2Session;
    beforeEach(async () => {
      client = connectHttp2(`https://127.0.0.1:${the().program.ports.https}`, {
        servername: 'web.test',
        rejectUnauthorized: false,
      });
      await once(client, 'remoteSettings');
    });
    afterEach(() => client.destroy());

    const open = (path: string) => client.request({ ':authority': 'web.test', ':path': path });
    const answer = async (path: string) => JSON.parse(await text(open(path))) as Echo;

    it('as many streams at once as http2-max-concurrent-streams', () => {
      expect(client.remoteSettings.maxConcurrentStreams).to.equal(128);
    });

    it('each of many streams gets its own answer, over one connection', async () => {
      const paths = Array.from({ length: 500 }, (_, index) => `/${index}`);
      const echoes = await Promise.all(paths.map(answer));
      expect(echoes.map(({ url }) => url)).to.deep.equal(paths);
    });

    it('a slow stream holds up no other', async () => {
      let slow = false;
      const last = answer('/?delay=1000').then(() => (slow = true));
      await Promise.all(Array.from({ length: 20 }, (_, index) => answer(`/${index}`)));
      expect(slow).to.equal(false);
      await last;
    });

    it('streams that are given up leave the others alone', async () => {
      const streams = Array.from({ length: 60 }, (_, index) => open(`/?delay=200&n=${index}`));
      for (const stream of streams) stream.on('error', () => undefined);
      const [gone, kept] = [
        streams.filter((_, index) => index % 2 === 0),
        streams.filter((_, index) => index % 2 === 1),
      ];
      for (const stream of gone) stream.close(8);
      const echoes = await Promise.all(kept.map(async (stream) => JSON.parse(await text(stream)) as Echo));
      expect(echoes.map(({ url }) => url)).to.deep.equal(
        kept.map((_, index) => `/?delay=200&n=${index * 2 + 1}`),
      );
      await eventually(() => expect(the().web.inFlight()).to.equal(0));
    });
  });

  describe('large heads', () => {
    const lines: readonly (readonly [
      what: string,
      head: (length: number) => readonly string[],
      status: number,
    ])[] = [
      ['a request line', (length) => [line('GET /', length, ' HTTP/1.1'), 'Host: web.test'], 414],
      ['a header', (length) => ['GET / HTTP/1.1', 'Host: web.test', line('X-Long: ', length)], 400],
      ['cookies', (length) => ['GET / HTTP/1.1', 'Host: web.test', line('Cookie: a=', length)], 400],
    ];
    for (const [what, head, status] of lines) {
      it(`${what} of ${BUFFER} bytes is taken, one byte more is ${status}`, async () => {
        const { web } = the();
        const before = web.requests();
        expect(await say(head(BUFFER))).to.match(/^HTTP\/1\.1 200 /);
        expect(await say(head(BUFFER + 1))).to.match(new RegExp(`^HTTP/1\\.1 ${status} `));
        expect(web.requests() - before).to.equal(1);
      });
    }

    it('a long value reaches the backend whole', async () => {
      const value = `${'x'.repeat(BUFFER - 200)}!`;
      const { headers } = (
        await the().program.http('web.test', '/', { headers: { 'x-long': value } })
      ).echo();
      expect(headers['x-long']).to.equal(value);
    });

    it('as many long headers are taken as there are buffers', async () => {
      const head = (count: number) => [
        'GET / HTTP/1.1',
        'Host: raw.test',
        ...Array.from({ length: count }, (_, index) => line(`X-Long-${index}: `, 5000)),
      ];
      expect(await say(head(4))).to.match(/^HTTP\/1\.1 200 /);
      expect(await say(head(5))).to.match(/^HTTP\/1\.1 400 /);
    });

    const answers: readonly (readonly [host: string, size: number, status: number])[] = [
      ['large', 3000, 200],
      ['large', 5000, 502],
      ['larger', 15_000, 200],
      ['larger', 17_000, 502],
    ];
    for (const [host, size, status] of answers) {
      it(`${host}: ${size} bytes from the backend get ${status}`, async () => {
        const answer = await the().program.http(`${host}.test`, `/?large=${size}`);
        expect(answer.status).to.equal(status);
        if (status === 200) expect(answer.headers['x-large']).to.have.length(size);
      });
    }
  });
});

/** So many bytes together with its end. */
function line(start: string, length: number, end = ''): string {
  return `${start}${'x'.repeat(length - start.length - end.length - '\r\n'.length)}${end}`;
}

function echoOf(answer: string): Echo {
  const body = /\{"backend".*\}/.exec(answer)?.[0];
  if (body === undefined) throw new Error(`no answer of a backend: ${answer}`);
  // What the backends of the harness write.
  return JSON.parse(body) as Echo;
}
