import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { Answer } from '../harness/client.ts';
import { configMap, ingress, ingressClass } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { annotations, site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';
import { startWebhook } from './webhook-stage.ts';

type Short = Parameters<typeof annotations>[0];
type Headers = Readonly<Record<string, string>>;

const LIMITED = 'key=$http_x_api_key rate=1r/h burst=3';

const SITES: Readonly<Record<string, Short>> = {
  keyed: { 'rate-limits': LIMITED },
  twin: { 'rate-limits': LIMITED },
  kept: { 'rate-limits': LIMITED },
  two: { 'rate-limits': 'key=$http_x_user rate=1r/h burst=2\nkey=$http_x_team rate=1r/h burst=3' },
  crowd: { 'rate-limits': 'key=$http_x_api_key rate=1r/h burst=10' },
  quick: { 'rate-limits': 'key=$http_x_api_key rate=20r/s burst=1' },
  wrong: { 'rate-limits': 'key=$host rate=1r/s\nkey=$host rate=1r/day' },
  asking: {
    'request-headers':
      'set X-Set: $request_method $http_x_from\nadd X-Add: two\nadd X-Add: three\nadd X-New: $remote_addr\nremove X-Gone',
  },
  answering: {
    'response-headers':
      'set X-Set: a "b"; $http_x_from\nadd X-Add: two\nadd X-Add: $service_name\nremove X-Gone\nset Content-Type: text/x-own',
  },
  badasking: { 'request-headers': 'set X-A: b\nset Host: evil.test' },
  badanswering: { 'response-headers': 'remove Content-Length' },
  moving: {
    redirects: [
      '/beta /new-beta 302 if cookie beta=yes',
      '/beta /lang-beta 302 if query lang=a',
      '/beta /header-beta 307 if header X-Beta',
      '/beta /usual-beta 303',
      '~^/blog/(\\d+)/(.*)$ https://blog.example.com/$2?id=$1 301',
      '~*^/CASE$ /lower 308',
      '~^/open(.*)$ /$1 302',
      '/query /target$is_args$args 302',
      '/host https://$host:8443$request_uri 302',
      '~^/(a)?(b)$ /x/$1/$2 302',
      '~^/raw/([^x]*)$ /r/$1 302',
    ].join('\n'),
  },
  guarded: {
    redirects: '/old /new 301',
    'force-ssl-redirect': 'true',
    'enable-cors': 'true',
    'rate-limits': LIMITED,
  },
  badmoving: { redirects: '/a /b 301\n\n/c //evil.test 301' },
};

describe('annotations of our own', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web', { headers: { 'x-set': 'old', 'x-add': 'one', 'x-gone': 'x' } });
    stage.write('class.yaml', ingressClass());
    const settings = { 'worker-processes': '2', 'limit-req-status-code': '429' };
    stage.write('settings.yaml', configMap('settings', settings));
    for (const [name, short] of Object.entries(SITES))
      stage.write(`${name}.yaml`, ...site(name, { places: [web], with: short }));
    stage.write(
      'rewritten.yaml',
      ...site('rewritten', {
        places: [web],
        path: '/(.*)',
        type: 'ImplementationSpecific',
        with: { 'rewrite-target': '/inner/$1', redirects: '/old /new 301\n/inner/x /never 301' },
      }),
    );
    const flags = ['--configmap=default/settings', '--sync-rate-limit=20'];
    return { web, settings, program: await stage.start({ flags }) };
  });

  const ask = (host: string, path = '/', headers: Headers = {}) =>
    the().program.http(`${host}.test`, path, { headers });

  const told = ({ headers }: Answer) =>
    ['ratelimit-limit', 'ratelimit-remaining'].map((name) => headers[name] ?? null);

  describe('rate-limits', () => {
    it('count by a header, and tell clients', async () => {
      for (const left of ['2', '1', '0']) {
        const answer = await ask('keyed', '/', { 'x-api-key': 'a' });
        expect([answer.status, ...told(answer)]).to.deep.equal([200, '3', left]);
        expect(Number(answer.headers['ratelimit-reset'])).to.be.within(1, 3 * 3600);
      }
      const answer = await ask('keyed', '/', { 'x-api-key': 'a' });
      expect([answer.status, ...told(answer)]).to.deep.equal([429, '3', '0']);
      expect(Number(answer.headers['retry-after'])).to.be.within(3000, 3600);
      expect((await ask('keyed', '/', { 'x-api-key': 'b' })).status).to.equal(200);
    });

    it('let those pass who have no key', async () => {
      for (let index = 0; index < 6; index++) {
        const answer = await ask('keyed');
        expect([answer.status, ...told(answer)]).to.deep.equal([200, null, null]);
      }
    });

    it('are those of one Ingress, also where another says the same', async () => {
      for (let index = 0; index < 3; index++) await ask('twin', '/', { 'x-api-key': 'a' });
      expect((await ask('twin', '/', { 'x-api-key': 'a' })).status).to.equal(429);
      expect((await ask('crowd', '/', { 'x-api-key': 'a' })).status).to.equal(200);
    });

    it('hold together, and what is refused is counted for none', async () => {
      const statuses = async (user: string, count: number) => {
        const found: number[] = [];
        for (let index = 0; index < count; index++)
          found.push((await ask('two', '/', { 'x-user': user, 'x-team': 't' })).status);
        return found;
      };
      expect(await statuses('a', 6)).to.deep.equal([200, 200, 429, 429, 429, 429]);
      expect(await statuses('b', 2)).to.deep.equal([200, 429]);
      // The refusal of the second line has given back what the first had counted.
      const other = await ask('two', '/', { 'x-user': 'b', 'x-team': 'u' });
      expect([other.status, ...told(other)]).to.deep.equal([200, '2', '0']);
    });

    it('are shared by all workers', async () => {
      const answers = await Promise.all(
        Array.from({ length: 40 }, () => ask('crowd', '/', { 'x-api-key': 'all' })),
      );
      expect(answers.filter(({ status }) => status === 200)).to.have.length(10);
      expect(answers.filter(({ status }) => status === 429)).to.have.length(30);
    });

    it('let requests pass again as time goes by', async () => {
      const all = await Promise.all(
        Array.from({ length: 20 }, () => ask('quick', '/', { 'x-api-key': 'a' })),
      );
      expect(all.map(({ status }) => status)).to.include(429);
      await eventually(async () =>
        expect((await ask('quick', '/', { 'x-api-key': 'a' })).status).to.equal(200),
      );
    });

    it('go on over a reload', async () => {
      const { stage, program, settings } = the();
      for (let index = 0; index < 3; index++) await ask('kept', '/', { 'x-api-key': 'a' });
      await program.reloadAfter(() =>
        stage.write('settings.yaml', configMap('settings', { ...settings, 'keep-alive': '70' })),
      );
      expect((await ask('kept', '/', { 'x-api-key': 'a' })).status).to.equal(429);
    });

    it('count hosts that come later by themselves, before a reload', async () => {
      const { stage, web, program } = the();
      await program.settled();
      const reloads = program.reloads();
      stage.write('late.yaml', ...site('late', { places: [web], with: { 'rate-limits': LIMITED } }));
      await eventually(async () => expect((await ask('late')).status).to.equal(200));
      const answer = await ask('late', '/', { 'x-api-key': 'a' });
      expect([answer.status, ...told(answer)]).to.deep.equal([200, '3', '2']);
      expect(program.reloads()).to.equal(reloads);
    });
  });

  describe('request-headers', () => {
    it('are set, added and removed', async () => {
      const given = {
        'x-set': 'old',
        'x-add': 'one',
        'x-gone': 'x',
        'x-gone-not': 'y',
        'x-from': 'me; "you"',
      };
      const { headers } = (await ask('asking', '/', given)).echo();
      expect(headers).to.include({
        'x-set': 'GET me; "you"',
        'x-add': 'one, two, three',
        'x-new': '127.0.0.1',
        'x-gone-not': 'y',
        host: 'asking.test',
      });
      expect(headers).to.not.have.property('x-gone');
    });

    it('are there without those of the client, too', async () => {
      const { headers } = (await ask('asking')).echo();
      expect(headers).to.include({ 'x-set': 'GET', 'x-add': 'two, three', 'x-new': '127.0.0.1' });
    });
  });

  it('response-headers are set, added and removed', async () => {
    const { headers } = await ask('answering', '/?status=418', { 'x-from': 'me' });
    expect(headers).to.include({
      'x-set': 'a "b"; me',
      'x-add': 'one, two, answering',
      'content-type': 'text/x-own',
    });
    expect(headers).to.not.have.property('x-gone');
  });

  describe('redirects', () => {
    const rows: readonly (readonly [path: string, headers: Headers, status: number, location: string])[] = [
      ['/beta', { cookie: 'a=b; beta=yes', 'x-beta': '1' }, 302, '/new-beta'],
      ['/beta?lang=a', { cookie: 'beta=no' }, 302, '/lang-beta'],
      ['/beta?lang=%61', {}, 302, '/lang-beta'],
      ['/beta?lang=ab', { 'x-beta': '1' }, 307, '/header-beta'],
      ['/beta', {}, 303, '/usual-beta'],
      ['/blog/12/a%20b/c', {}, 301, 'https://blog.example.com/a%20b/c?id=12'],
      ['/raw/a%0d%0aSet-Cookie:b', {}, 302, '/r/a%0D%0ASet-Cookie:b'],
      ['/blog/1/%3fq=1%23h%25', {}, 301, 'https://blog.example.com/%3Fq=1%23h%25?id=1'],
      ['/case', {}, 308, '/lower'],
      ['/open//evil.test', {}, 302, '/evil.test'],
      ['/open/%5cevil.test', {}, 302, '/%5Cevil.test'],
      ['/query?a=%0d%0a&b="', {}, 302, '/target?a=%0d%0a&b=%22'],
      ['/query', {}, 302, '/target'],
      ['/host?a=b', {}, 302, 'https://moving.test:8443/host?a=b'],
      ['/b', {}, 302, '/x//b'],
    ];
    for (const [path, headers, status, location] of rows) {
      it(`${path} ${JSON.stringify(headers)} goes to ${location}`, async () => {
        const answer = await ask('moving', path, headers);
        expect([answer.status, answer.headers.location]).to.deep.equal([status, location]);
      });
    }

    for (const path of ['/', '/Beta', '/beta/', '/blog/x/y', '/caseless']) {
      it(`${path} goes on`, async () => {
        expect((await ask('moving', path)).echo().backend).to.equal('web');
      });
    }

    it('look at the path as it was asked for', async () => {
      expect((await ask('rewritten', '/old')).headers.location).to.equal('/new');
      expect((await ask('rewritten', '/x')).echo().url).to.equal('/inner/x');
    });

    it('are before the redirect to HTTPS, after preflights and limits', async () => {
      const answer = await ask('guarded', '/old');
      expect(answer.headers.location).to.equal('/new');
      expect((await ask('guarded', '/else')).headers.location).to.match(/^https:/);
      const preflight = await the().program.http('guarded.test', '/old', {
        method: 'OPTIONS',
        headers: { origin: 'http://a.test', 'access-control-request-method': 'GET' },
      });
      expect(preflight.status).to.equal(204);
      for (let index = 0; index < 3; index++) await ask('guarded', '/old', { 'x-api-key': 'a' });
      expect((await ask('guarded', '/old', { 'x-api-key': 'a' })).status).to.equal(429);
    });
  });

  const bad: readonly (readonly [host: string, told: RegExp])[] = [
    ['wrong', /rate-limits.*line 2.*rate/],
    ['badasking', /request-headers.*line 2.*Host/],
    ['badanswering', /response-headers.*line 1.*Content-Length/],
    ['badmoving', /redirects.*line 3.*no target/],
  ];
  for (const [host, pattern] of bad) {
    it(`that are wrong close ${host}.test, and its owner is told the line`, async () => {
      expect((await ask(host)).status).to.equal(503);
      const lines = the()
        .program.logLines()
        .filter((line) => line.includes(`default/${host}"`));
      const [line = ''] = lines.filter((each) => each.includes('annotation-invalid'));
      for (const part of pattern.source.split('.*')) expect(line).to.include(part);
    });
  }
});

describe('annotations of our own and the webhook', () => {
  const the = useStage((stage) => startWebhook(stage));

  const review = (name: string, short: Short) => {
    const object = ingress(name, { rules: { [`${name}.test`]: 'web' }, annotations: annotations(short) });
    return the().webhook.review({ ...object, metadata: { ...object.metadata, uid: randomUUID() } });
  };

  for (const name of ['keyed', 'two', 'asking', 'answering', 'moving', 'guarded']) {
    it(`takes those of ${name}.test`, async () => {
      expect(await review(name, SITES[name] ?? {})).to.include({ allowed: true });
    });
  }

  const bad: readonly (readonly [name: string, message: RegExp])[] = [
    ['wrong', /rate-limits"\]: .*line 2, which has no rate/s],
    ['badasking', /request-headers"\]: .*line 2, which names "Host"/s],
    ['badanswering', /response-headers"\]: .*line 1, which names "Content-Length"/s],
    ['badmoving', /redirects"\]: .*line 3, which has no target/s],
  ];
  for (const [name, message] of bad) {
    it(`refuses those of ${name}.test, and says where`, async () => {
      const answer = await review(name, SITES[name] ?? {});
      expect(answer.allowed).to.equal(false);
      expect(answer.status?.message).to.match(message);
    });
  }
});
