/** Requests that want to be taken for something else (compat/security.md section 6, T8 and T10 to T12), byte by byte. */
import { expect } from 'chai';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Echo } from '../harness/backend.ts';
import { exchange } from '../harness/client.ts';
import { ingressClass } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';
import type { Stage } from '../harness/stage.ts';

/** Lets in whoever brings the header. */
async function startAuth(stage: Stage): Promise<string> {
  const server = createServer((request, response) => {
    response.writeHead(request.headers['authorization'] === 'good' ? 200 : 401).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stage.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe('requests that pretend', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const pages = await stage.backend('pages', { status: 200 });
    const url = await startAuth(stage);
    const cached = {
      'auth-url': url,
      'auth-cache-key': '$http_authorization',
      'auth-cache-duration': '200 1m',
    };
    stage.write(
      'sites.yaml',
      ingressClass(),
      ...site('web', { places: [web] }),
      ...site('admin', { places: [web], host: 'web.test', path: '/admin', with: { 'auth-url': url } }),
      ...site('pages', { places: [pages], host: 'unused.test' }),
      ...site('covered', {
        places: [web],
        with: { 'auth-url': url, 'custom-http-errors': '401,403', 'default-backend': 'pages' },
      }),
      ...site('one', { places: [web], with: cached }),
      ...site('two', {
        places: [web],
        with: { ...cached, 'auth-url': `${url}two` },
      }),
      ...site('root', { places: [web], with: { 'app-root': '/app' } }),
      ...site('signin', { places: [web], with: { 'auth-url': url, 'auth-signin': 'https://login.test/' } }),
      ...site('www', { places: [web], host: 'site.test', with: { 'from-to-www-redirect': true } }),
    );
    return { web, pages, program: await stage.start() };
  });

  interface Seen {
    readonly statuses: readonly number[];
    readonly echoes: readonly Echo[];
    readonly text: string;
  }

  /** All answers of one connection, and what the backend saw. */
  async function say(text: string): Promise<Seen> {
    const answer = await exchange(the().program.ports.http, text).catch(() => '');
    const statuses = [...answer.matchAll(/^HTTP\/1\.[01] (\d{3}) /gm)].map(([, status]) => Number(status));
    const echoes = [...answer.matchAll(/^\{"backend".*\}$/gm)].map(([line]) => JSON.parse(line) as Echo);
    return { statuses, echoes, text: answer };
  }

  const request = (path: string, headers: readonly string[] = [], host = 'web.test') =>
    `${['GET', path, 'HTTP/1.1'].join(' ')}\r\nHost: ${host}\r\nConnection: close\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`;

  describe('T8: spellings of a protected path', () => {
    const closed = [
      '/admin',
      '/admin/',
      '/admin/x',
      '/admin?x=/',
      '//admin',
      '///admin//x',
      '/./admin',
      '/x/../admin',
      '/x/../admin/y',
      '/%61dmin',
      '/%61%64%6d%69%6e',
      '/%2e/admin',
      '/x/%2e%2e/admin',
      '/x/%2E%2E/admin',
      '/admin%2fx',
      '/admin%2F..%2Fadmin',
      '/open/../admin/./x',
      '/admin/#/x',
      'http://web.test/admin',
      'http://other.test/admin',
    ];
    for (const path of closed) {
      it(`${path} needs permission`, async () => {
        const requests = the().web.requests();
        const { statuses } = await say(request(path));
        // A host in the URL wins over the header, and nobody has the other one.
        expect(statuses).to.deep.equal([path.includes('other') ? 404 : 401]);
        expect(the().web.requests()).to.equal(requests);
      });
    }

    for (const [path, status] of [
      // Other paths, for nginx as for endpoints; those that take them for the protected one must not.
      ['/ADMIN', 200],
      ['/adminx', 200],
      ['/admin;x=1', 200],
      ['/%2561dmin', 200],
      ['/..;/admin', 200],
      ['/../admin', 400],
      ['/%2e%2e/admin', 400],
      ['/admin%00', 400],
      ['/x%00/../admin', 400],
      ['/%zz', 400],
      ['admin', 400],
    ] as const) {
      it(`${path} is another one: ${status}`, async () => {
        const { statuses, echoes } = await say(request(path));
        expect(statuses).to.deep.equal([status]);
        // What was judged is what the endpoint gets.
        expect(echoes.map(({ url }) => url)).to.deep.equal(status === 200 ? [path] : []);
      });
    }

    it('a page for 401 lets nobody in (S17)', async () => {
      const requests = the().web.requests();
      const { statuses } = await say(request('/', [], 'covered.test'));
      // The page itself, by a backend that answers 200.
      expect(statuses).to.have.length(1);
      expect(the().web.requests()).to.equal(requests);
      expect((await say(request('/', ['Authorization: good'], 'covered.test'))).echoes[0]?.backend).to.equal(
        'web',
      );
    });

    it('what a service said about one host is no word about another', async () => {
      const header = ['Authorization: good'];
      expect((await say(request('/', header, 'one.test'))).statuses).to.deep.equal([200]);
      expect((await say(request('/', header, 'two.test'))).statuses).to.deep.equal([200]);
      expect((await say(request('/', ['Authorization: bad'], 'one.test'))).statuses).to.deep.equal([401]);
      expect((await say(request('/', ['Authorization: bad'], 'two.test'))).statuses).to.deep.equal([401]);
    });
  });

  describe('T10: headers', () => {
    const claims = {
      'X-Forwarded-For': '6.6.6.6',
      'X-Forwarded-Host': 'evil.test',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Port': '1',
      'X-Forwarded-Scheme': 'https',
      'X-Scheme': 'https',
      'X-Real-IP': '6.6.6.6',
      'X-Original-Forwarded-Host': 'evil.test',
      'ssl-client-verify': 'SUCCESS',
      'ssl-client-subject-dn': 'CN=admin',
      Proxy: 'http://evil.test',
    };
    /** Neither says what the client says. */
    const isOurs = ({ headers }: Echo) => {
      expect(headers).to.include({
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-host': 'web.test',
        'x-forwarded-proto': 'http',
        'x-forwarded-scheme': 'http',
        'x-scheme': 'http',
        'x-real-ip': '127.0.0.1',
      });
      expect(headers).to.not.have.property('proxy');
    };

    it('that endpoints trust are ours', async () => {
      const [echo] = (
        await say(
          request(
            '/',
            Object.entries(claims).map(([name, value]) => `${name}: ${value}`),
          ),
        )
      ).echoes;
      if (echo === undefined) throw new Error('no answer');
      isOurs(echo);
    });

    for (const name of Object.keys(claims)) {
      it(`${name} does not go away because the client calls it its own connection's`, async () => {
        const { echoes } = await say(request('/', [`Connection: ${name}, close`, `${name}: 6.6.6.6`]));
        for (const echo of echoes) isOurs(echo);
        expect(echoes).to.have.length(1);
      });
    }

    for (const [what, line] of [
      ['underscores', 'X_Forwarded_For: 6.6.6.6'],
      ['other cases and spaces', 'x-FORWARDED-for:\t 6.6.6.6 '],
      ['twice', 'X-Real-IP: 6.6.6.6\r\nX-Real-IP: 7.7.7.7'],
      ['a name with a dot', 'X.Forwarded.For: 6.6.6.6'],
    ] as const) {
      it(`with ${what} are ours as well`, async () => {
        const [echo] = (await say(request('/', [line]))).echoes;
        if (echo === undefined) throw new Error('no answer');
        isOurs(echo);
        const { 'x-original-forwarded-for': _told, ...rest } = echo.headers;
        expect(Object.values(rest)).to.not.include('6.6.6.6');
      });
    }
  });

  describe('T10: the end of a request', () => {
    const post = (headers: readonly string[], body: string) =>
      `POST /first HTTP/1.1\r\nHost: web.test\r\n${headers.join('\r\n')}\r\n\r\n${body}`;
    const hidden = 'GET /hidden HTTP/1.1\r\nHost: web.test\r\nConnection: close\r\n\r\n';

    for (const [what, text] of [
      ['two lengths', post(['Content-Length: 0', 'Content-Length: 64'], hidden)],
      ['a list of lengths', post(['Content-Length: 0, 64'], hidden)],
      [
        'a length and chunks',
        post(['Content-Length: 5', 'Transfer-Encoding: chunked'], `0\r\n\r\n${hidden}`),
      ],
      ['a length with a sign', post(['Content-Length: +0'], hidden)],
      ['a negative length', post(['Content-Length: -1'], hidden)],
      ['a length in hexadecimal', post(['Content-Length: 0x10'], hidden)],
      ['a length with a space in it', post(['Content-Length: 0 0'], hidden)],
      ['an encoding that nobody knows', post(['Transfer-Encoding: xchunked'], hidden)],
      [
        'two encodings',
        post(['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], `0\r\n\r\n${hidden}`),
      ],
      ['a list of encodings', post(['Transfer-Encoding: chunked, identity'], `0\r\n\r\n${hidden}`)],
      [
        'chunks in HTTP/1.0',
        `POST / HTTP/1.0\r\nHost: web.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
      ],
      ['a chunk of no size', post(['Transfer-Encoding: chunked'], `zz\r\n\r\n${hidden}`)],
      [
        'a chunk whose size is too large',
        post(['Transfer-Encoding: chunked'], `ffffffffffffffffff\r\n${hidden}`),
      ],
      ['a space before the colon', post(['Content-Length : 64'], hidden)],
      ['a folded line', post(['X-A: 1', ' Transfer-Encoding: chunked'], hidden)],
      ['a NUL in a header', post(['X-A: a\0b'], hidden)],
      ['a name with a space', post(['X A: 1'], hidden)],
      ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'],
      ['two hosts', 'GET / HTTP/1.1\r\nHost: web.test\r\nHost: admin.test\r\nConnection: close\r\n\r\n'],
      ['a host with a path', 'GET / HTTP/1.1\r\nHost: web.test/admin\r\nConnection: close\r\n\r\n'],
      ['a host with a NUL', 'GET / HTTP/1.1\r\nHost: web.test\0x\r\nConnection: close\r\n\r\n'],
      ['a host with a user', 'GET / HTTP/1.1\r\nHost: user@web.test\r\nConnection: close\r\n\r\n'],
      ['a method of odd signs', 'G{T / HTTP/1.1\r\nHost: web.test\r\nConnection: close\r\n\r\n'],
      ['a version to come', 'GET / HTTP/3.0\r\nHost: web.test\r\nConnection: close\r\n\r\n'],
    ] as const) {
      it(`with ${what} is refused, and nothing behind it is read`, async () => {
        const { statuses, echoes } = await say(text);
        expect(echoes).to.deep.equal([]);
        expect(statuses).to.have.length(1);
        expect(statuses[0]).to.be.within(400, 505);
      });
    }

    it('of two in a row, each gets its own answer', async () => {
      const { echoes } = await say(`${post(['Content-Length: 5'], 'hello')}${hidden}`);
      expect(echoes.map(({ url }) => url)).to.deep.equal(['/first', '/hidden']);
    });
  });

  describe('T10: hosts', () => {
    for (const [host, served] of [
      ['WEB.TEST', true],
      ['web.test.', true],
      ['web.test:80', true],
      ['web.test:99999', true],
      ['web.test.evil.test', false],
      ['evil-web.test', false],
      ['web.test%00', false],
    ] as const) {
      it(`${host} is ${served ? 'the site' : 'none'}`, async () => {
        const { statuses, echoes } = await say(request('/', [], host));
        expect(statuses).to.have.length(1);
        expect(echoes).to.have.length(served ? 1 : 0);
      });
    }
  });

  describe('T11: line ends in what is sent back', () => {
    const path = '/%0d%0aX-Evil:%201?a=%0d%0aX-Evil:%201';
    for (const [what, host] of [
      ['the way to sign in', 'signin.test'],
      ['the other name of the site', 'www.site.test'],
    ] as const) {
      it(`${what} holds none`, async () => {
        const { statuses, text } = await say(request(path, [], host));
        expect(statuses[0]).to.be.within(301, 308);
        expect(text)
          .to.match(/^Location: \S+\r?$/m)
          .and.not.match(/^X-Evil/m);
      });
    }

    it('another host is not where the root of a site leads', async () => {
      const { text } = await say(request('//evil.test', [], 'root.test'));
      expect(text).to.not.match(/^Location: \/\/evil/m);
    });
  });

  describe('T12: what is logged', () => {
    it('is one line for each request, with no control character of it', async () => {
      const { program } = the();
      const start = program.logLines().length;
      const agent = 'User-Agent: \x1b[31mred\x07 "quoted" mark-42';
      await say(request('/%0a%0dforged?x=%1b[31m', [agent, 'Referer: a\tb']));
      await eventually(() => {
        const lines = program
          .logLines()
          .slice(start)
          .filter((line) => line.includes('mark-42'));
        expect(lines).to.have.length(1);
        expect([...(lines[0] ?? '')].filter((char) => char < ' ' || char === '\x7f')).to.deep.equal([]);
        expect(lines[0]).to.include('\\x1B[31mred\\x07 \\x22quoted\\x22');
      });
    });
  });
});
