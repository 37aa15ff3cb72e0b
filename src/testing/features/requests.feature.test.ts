import { expect } from 'chai';
import { createServer } from 'node:net';
import { exchange, openRaw } from '../harness/client.ts';
import type { Echo } from '../harness/backend.ts';
import { endpoints, ingress, service } from '../harness/objects.ts';
import { freePort } from '../harness/ports.ts';
import { useStage } from '../harness/stage.ts';
import { writeSite } from './site.ts';

const MEGABYTE = 1024 * 1024;

describe('requests', () => {
  const the = useStage(async (stage) => {
    const web = await writeSite(stage);
    return { web, program: await stage.start() };
  });

  /** Sends a request target exactly as written; resolves to what the backend got. */
  async function targetSeen(target: string): Promise<string> {
    const text = await exchange(
      the().program.ports.http,
      `GET ${target} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`,
    );
    const body = /\{"backend".*\}/.exec(text)?.[0];
    if (body === undefined) throw new Error(`no answer of a backend: ${text}`);
    // What the backends of the harness write.
    return (JSON.parse(body) as Echo).url;
  }

  describe('targets reach the backend unchanged', () => {
    const targets = [
      '/',
      '/?',
      '/a?',
      '/a?b=c?d=e&f',
      '//a//b/',
      '/./a/./b',
      '/a/../b',
      '/a%2Fb%2f',
      '/%41%e4%bd%a0',
      '/a%20b+c',
      "/a;b=c,d:e@f!g$h'i(j)*k",
      '/a?q=%00%ff',
      '/~user/.hidden',
      `/${'long/'.repeat(500)}`,
    ];
    for (const target of targets) {
      it(JSON.stringify(target.slice(0, 40)), async () => {
        expect(await targetSeen(target)).to.equal(target);
      });
    }
  });

  it('bytes above 127 in a target reach the backend unchanged', async () => {
    const { stage, program } = the();
    // Node's own HTTP server refuses them.
    const lines: string[] = [];
    const server = createServer((socket) => {
      socket.once('data', (data) => {
        lines.push(data.toString('latin1').split('\r\n')[0] ?? '');
        socket.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n');
      });
    });
    const port = await freePort();
    server.listen(port, '127.0.0.1');
    stage.defer(() => server.close());
    await program.reloadAfter(() =>
      stage.write(
        'raw.yaml',
        service('raw'),
        ...endpoints('raw', [{ address: '127.0.0.1', port }]),
        ingress('raw', { rules: { 'raw.test': 'raw' } }),
      ),
    );
    const target = Buffer.from('/你?é').toString('latin1');
    const text = await exchange(
      program.ports.http,
      `GET ${target} HTTP/1.1\r\nHost: raw.test\r\nConnection: close\r\n\r\n`,
    );
    expect(text).to.match(/^HTTP\/1\.1 204 /);
    expect(lines).to.deep.equal([`GET ${target} HTTP/1.1`]);
  });

  describe('headers that the backend gets', () => {
    const headersOf = async (
      headers: Readonly<Record<string, string | readonly string[]>> = {},
      host = 'a.test',
    ) => {
      const sent = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [
          name,
          typeof value === 'string' ? value : [...value],
        ]),
      );
      return (await the().program.http(host, '/', { headers: sent })).echo().headers;
    };

    it('name each request, and no two alike', async () => {
      // More than come from one seed.
      const names = new Set<string>();
      for (let round = 0; round < 60; round++)
        for (const { 'x-request-id': name } of await Promise.all(
          Array.from({ length: 50 }, () => headersOf()),
        ))
          names.add(String(name));
      expect(names.size).to.equal(3000);
      expect([...names].filter((name) => !/^[0-9a-f]{32}$/.test(name))).to.deep.equal([]);
      // Each digit stands at each place about as often.
      for (const at of [0, 7, 8, 15, 24, 31])
        expect(new Set(Array.from(names, (name) => name[at])).size, `place ${at}`).to.equal(16);
    });

    it('tell about the client', async () => {
      const { http } = the().program.ports;
      const headers = await headersOf();
      expect(headers).to.include({
        host: 'a.test',
        'x-real-ip': '127.0.0.1',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-host': 'a.test',
        'x-forwarded-port': String(http),
        'x-forwarded-proto': 'http',
        'x-forwarded-scheme': 'http',
        'x-scheme': 'http',
      });
      expect(headers['x-request-id']).to.match(/^[0-9a-f]{32}$/);
      for (const name of [
        'x-original-forwarded-for',
        'x-original-forwarded-host',
        'proxy',
        'upgrade',
        'connection',
      ]) {
        expect(headers).to.not.have.property(name);
      }
    });

    it('tell about TLS', async () => {
      const { headers } = (await the().program.https('a.test', '/')).echo();
      expect(headers).to.include({
        'x-forwarded-proto': 'https',
        'x-forwarded-scheme': 'https',
        'x-scheme': 'https',
        'x-forwarded-port': '443',
      });
    });

    it('replace what the client claims, and keep the original beside', async () => {
      const headers = await headersOf({
        'X-Forwarded-For': '203.0.113.7, 203.0.113.8',
        'X-Forwarded-Host': 'evil.test',
        'X-Forwarded-Port': '1',
        'X-Forwarded-Proto': 'https',
        'X-Real-IP': '203.0.113.9',
        Proxy: 'http://evil.test',
      });
      expect(headers).to.include({
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-host': 'a.test',
        'x-forwarded-proto': 'http',
        'x-real-ip': '127.0.0.1',
        'x-original-forwarded-for': '203.0.113.7, 203.0.113.8',
        'x-original-forwarded-host': 'evil.test',
      });
      expect(headers['x-forwarded-port']).to.not.equal('1');
      expect(headers).to.not.have.property('proxy');
    });

    it('keep the port in Host, and a request id', async () => {
      const headers = await headersOf({ 'X-Request-ID': 'mine' }, 'a.test:8080');
      expect(headers).to.include({
        host: 'a.test:8080',
        'x-forwarded-host': 'a.test:8080',
        'x-request-id': 'mine',
      });
    });

    it('pass all others through', async () => {
      const headers = await headersOf({
        'X-Own': ['1', '2'],
        Authorization: 'Basic eA==',
        Cookie: 'a=b; c=d',
      });
      expect(headers).to.include({ 'x-own': '1, 2', authorization: 'Basic eA==', cookie: 'a=b; c=d' });
    });

    it('leave out names with underscores', async () => {
      expect(await headersOf({ under_score: 'x' })).to.not.have.property('under_score');
    });
  });

  describe('protocols and methods', () => {
    it('an upgraded connection is passed through both ways', async () => {
      const connection = await openRaw(the().program.ports.http);
      connection.write(
        'GET /socket HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      );
      const head = await connection.read(/\r\n\r\n/);
      expect(head)
        .to.match(/^HTTP\/1\.1 101 /)
        .and.match(/upgrade: websocket/i);
      connection.write('ping');
      await connection.read(/web:ping$/);
      connection.write('pong');
      await connection.read(/web:pong$/);
      connection.close();
    });

    it('HTTP/1.0 with a Host is answered in kind, and reaches the backend as HTTP/1.1', async () => {
      const text = await exchange(the().program.ports.http, 'GET /old HTTP/1.0\r\nHost: a.test\r\n\r\n');
      expect(text)
        .to.match(/^HTTP\/1\.1 200 /)
        .and.match(/connection: close/i);
      expect(text).to.include('"url":"/old"').and.include('"version":"1.1"');
      expect(text).to.not.match(/transfer-encoding/i);
    });

    it("HTTP/1.0 without a Host is nobody's", async () => {
      expect(await exchange(the().program.ports.http, 'GET / HTTP/1.0\r\n\r\n')).to.match(/^HTTP\/1\.1 404 /);
    });

    it('HTTP/1.1 without a Host is refused', async () => {
      expect(await exchange(the().program.ports.http, 'GET / HTTP/1.1\r\n\r\n')).to.match(/^HTTP\/1\.1 400 /);
    });

    it('HEAD has headers and no body', async () => {
      const answer = await the().program.http('a.test', '/', { method: 'HEAD' });
      expect(answer).to.include({ status: 200, text: '' });
      expect(answer.headers['content-type']).to.equal('application/json');
    });

    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      it(`${method} reaches the backend with its body`, async () => {
        const answer = await the().program.http('a.test', '/', { method, body: 'twelve bytes' });
        expect(answer.echo()).to.include({ method, bodyLength: 12 });
      });
    }

    it('a body of 1 MiB is taken, one byte more is not', async () => {
      const { program, web } = the();
      const good = await program.http('a.test', '/', { method: 'POST', body: Buffer.alloc(MEGABYTE) });
      expect(good.echo().bodyLength).to.equal(MEGABYTE);
      const before = web.requests();
      const length = MEGABYTE + 1;
      // The body is not sent: the length is enough to refuse it.
      const connection = await openRaw(program.ports.http);
      connection.write(`POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${length}\r\n\r\n`);
      expect(await connection.read(/<\/html>/)).to.match(/^HTTP\/1\.1 413 /);
      connection.close();
      expect(web.requests()).to.equal(before);
    });

    it('a chunked body reaches the backend', async () => {
      const text = await exchange(
        the().program.ports.http,
        'POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
      );
      expect(text)
        .to.match(/^HTTP\/1\.1 200 /)
        .and.include('"bodyLength":5');
    });

    it('nothing tells which server this is', async () => {
      const { headers } = await the().program.http('unknown.test', '/');
      expect(headers['server'] ?? '').to.not.match(/\d/);
    });
  });
});
