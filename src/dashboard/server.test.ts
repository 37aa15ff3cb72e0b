import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { expect } from 'chai';
import { isOwnHost, startDashboardServer } from './server.ts';
import type { DashboardServer } from './server.ts';

describe('hosts that the status page answers to', () => {
  for (const [given, own, good] of [
    ['127.0.0.1:10256', '127.0.0.1', true],
    ['10.1.2.3', '127.0.0.1', true],
    ['[::1]:10256', '::1', true],
    ['localhost:10256', '127.0.0.1', true],
    ['LOCALHOST', '127.0.0.1', true],
    ['pages.example.com:10256', 'pages.example.com', true],
    ['evil.example.com', '127.0.0.1', false],
    ['127.0.0.1.evil.example.com', '127.0.0.1', false],
    ['localhost.evil.example.com', '127.0.0.1', false],
    ['evil.example.com:127', '127.0.0.1', false],
    ['[evil.example.com]', '::1', false],
    ['', '', false],
    [':80', '', false],
    ['a:b:c', '127.0.0.1', false],
  ] as const) {
    it(`${given} ${good ? 'is' : 'is not'} one of them`, () => expect(isOwnHost(given, own)).to.equal(good));
  }
});

describe('the server of the status page', () => {
  const errors: unknown[] = [];
  let server: DashboardServer;
  before(async () => {
    server = await startDashboardServer({
      host: '127.0.0.1',
      port: 0,
      files: { style: 'p {}', script: '// it' },
      answer: async ({ pathname }) => {
        if (pathname === '/fails') throw new Error('word');
        return pathname === '/' ? { status: 200, text: '<p>ü</p>' } : { status: 404, text: '<p>no</p>' };
      },
      onError: (error) => errors.push(error),
    });
  });
  after(() => server.close());

  const ask = (method: string, path: string, host = 'localhost') =>
    new Promise<{ status: number | undefined; headers: IncomingHttpHeaders; text: string }>(
      (resolve, reject) => {
        const { port } = server;
        request({ port, host: '127.0.0.1', method, path, headers: { host } }, (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (data: string) => (text += data));
          answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
        })
          .on('error', reject)
          .end();
      },
    );

  for (const [method, path, host, status, type, text] of [
    ['GET', '/', 'localhost', 200, 'text/html; charset=utf-8', '<p>ü</p>'],
    ['HEAD', '/', 'localhost', 200, 'text/html; charset=utf-8', ''],
    ['GET', '/style.css', 'localhost', 200, 'text/css; charset=utf-8', 'p {}'],
    ['GET', '/script.js', 'localhost', 200, 'text/javascript; charset=utf-8', '// it'],
    ['GET', '/other', 'localhost', 404, 'text/html; charset=utf-8', '<p>no</p>'],
    ['POST', '/', 'localhost', 405, 'text/plain; charset=utf-8', 'GET and HEAD'],
    ['DELETE', '/hosts', 'localhost', 405, 'text/plain; charset=utf-8', 'GET and HEAD'],
    ['OPTIONS', '/', 'localhost', 405, 'text/plain; charset=utf-8', 'GET and HEAD'],
    ['GET', '/', 'evil.example.com', 403, 'text/plain; charset=utf-8', 'by its address'],
    ['GET', '/script.js', 'evil.example.com', 403, 'text/plain; charset=utf-8', 'by its address'],
    ['GET', '//[', 'localhost', 400, 'text/plain; charset=utf-8', 'cannot be read'],
  ] as const) {
    it(`answers ${method} ${path} for ${host} with ${status}`, async () => {
      const answer = await ask(method, path, host);
      expect([answer.status, answer.headers['content-type']]).to.deep.equal([status, type]);
      expect(answer.text).to.include(text);
      expect(answer.headers).to.deep.include({
        'content-security-policy':
          "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      });
    });
  }

  it('tells the log and not the reader why a page cannot be made', async () => {
    const { status, text } = await ask('GET', '/fails');
    expect([status, text.includes('word')]).to.deep.equal([500, false]);
    expect(errors).to.have.length(1);
  });
});
