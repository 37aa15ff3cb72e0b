import { expect } from 'chai';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { requestHttp } from '../harness/client.ts';
import { freePort } from '../harness/ports.ts';
import { ingressClass } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { site } from '../harness/sites.ts';
import type { SiteSpec } from '../harness/sites.ts';
import { createStage, useStage } from '../harness/stage.ts';
import type { Stage } from '../harness/stage.ts';

type Short = NonNullable<SiteSpec['with']>;

const BOTH = { 'allow-snippet-annotations': 'true', 'annotations-risk-level': 'Critical' };

function settings(data: Readonly<Record<string, string>>) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'default' },
    data,
  };
}

/** Says who is there to whoever has the header that the snippet sets. */
async function startAuth(stage: Stage): Promise<string> {
  const server = createServer(({ headers }, response) =>
    response.writeHead(headers['x-shown'] === 'by-snippet' ? 200 : 403).end(),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stage.defer(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const collapsed = (text: string) => text.replaceAll(/\s+/g, ' ');
const serverOf = (conf: string, host: string) =>
  collapsed(conf.slice(conf.indexOf(`## start server ${host}\n`), conf.indexOf(`## end server ${host}\n`)));

describe('snippets that are allowed', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const auth = await startAuth(stage);
    const sites: Readonly<Record<string, Short>> = {
      location: { 'configuration-snippet': 'more_set_headers "Foo: Bar";\nproxy_set_header X-Sent "by me";' },
      condition: { 'configuration-snippet': 'if ($arg_secret != "yes") {\n  return 418;\n}' },
      server: {
        'server-snippet':
          'more_set_headers "Xpto: Lalala";\nlocation /own {\n  return 200 "from a snippet";\n}',
      },
      asking: { 'auth-url': auth, 'auth-snippet': 'proxy_set_header X-Shown by-snippet;' },
      'asking-without': { 'auth-url': auth },
      rewritten: {
        'configuration-snippet': 'rewrite ^/old/(.*)$ /new/$1 break;',
        'permanent-redirect-code': '301',
      },
      redirecting: { 'configuration-snippet': 'return 301 https://elsewhere.test$request_uri;' },
      filtering: {
        'configuration-snippet': 'proxy_hide_header X-Inner;\nadd_header X-Added "a; } b" always;',
      },
      denied: {
        'configuration-snippet': 'more_set_headers "Foo: Bar";',
        'allowlist-source-range': 'nonsense',
      },
      broken: { 'configuration-snippet': 'more_set_headers "Foo: Bar' },
      closing: { 'configuration-snippet': '} location /x { return 200;' },
      lua: { 'configuration-snippet': 'access_by_lua_block { ngx.exit(410) }' },
      aliased: { 'server-snippet': 'location /etc { alias /etc/; }' },
      unknown: { 'configuration-snippet': 'no_such_directive on;' },
      commented: { 'server-snippet': '# nothing; } else\nset $from_snippet "1"; # } end' },
    };
    stage.write('class.yaml', ingressClass());
    for (const [name, short] of Object.entries(sites))
      stage.write(`${name}.yaml`, ...site(name, { places: [web], with: short }));
    stage.write(
      'second.yaml',
      ...site('second', {
        places: [web],
        host: 'server.test',
        path: '/second',
        created: '2026-06-01T00:00:00Z',
        with: { 'server-snippet': 'more_set_headers "Xpto: Second";' },
      }),
    );
    stage.write('settings.yaml', settings(BOTH));
    const program = await stage.start({
      flags: ['--configmap=default/settings', '--sync-rate-limit=20'],
    });
    return { web, program };
  });

  const ask = (host: string, path = '/') => the().program.http(`${host}.test`, path);

  it('add headers to answers and requests', async () => {
    const answer = await ask('location');
    expect(answer.headers['foo']).to.equal('Bar');
    expect(answer.echo().headers['x-sent']).to.equal('by me');
  });

  it('decide by conditions', async () => {
    expect([(await ask('condition')).status, (await ask('condition', '/?secret=yes')).status]).to.deep.equal([
      418, 200,
    ]);
  });

  it('rewrite, redirect and filter', async () => {
    expect((await ask('rewritten', '/old/x')).echo().url).to.equal('/new/x');
    const redirect = await ask('redirecting', '/a?b');
    expect([redirect.status, redirect.headers.location]).to.deep.equal([301, 'https://elsewhere.test/a?b']);
    expect((await ask('filtering')).headers['x-added']).to.equal('a; } b');
  });

  it('of servers hold for all their locations, and have locations of their own', async () => {
    expect((await ask('server')).headers['xpto']).to.equal('Lalala');
    expect((await ask('server', '/second')).headers['xpto']).to.equal('Lalala');
    expect((await ask('server', '/own')).text).to.equal('from a snippet');
    expect((await ask('location')).headers['xpto']).to.equal(undefined);
  });

  it('stand where the authentication service is asked', async () => {
    expect([(await ask('asking')).status, (await ask('asking-without')).status]).to.deep.equal([200, 403]);
  });

  for (const [host, what] of Object.entries({
    broken: 'has no end',
    closing: 'closes its block',
    lua: 'runs code',
    aliased: 'reads files',
    denied: 'is beside a broken protection',
    unknown: 'nginx does not know',
  })) {
    it(`that ${what} closes its own Ingress, and no other`, async () => {
      await eventually(async () => expect((await ask(host)).status).to.equal(503));
      const paths = await Promise.all(['/', '/x', '/etc/passwd'].map((path) => ask(host, path)));
      expect(paths.map(({ status }) => status)).to.deep.equal([503, 503, 503]);
      expect((await ask('location')).status).to.equal(200);
    });
  }

  it('stand in the file as scripts look for them', async () => {
    const conf = await the().program.nginxConf();
    expect(serverOf(conf, 'location.test')).to.include('more_set_headers "Foo: Bar";');
    expect(serverOf(conf, 'server.test'))
      .to.include('more_set_headers "Xpto: Lalala";')
      .and.not.include('Second');
    expect(serverOf(conf, 'denied.test')).to.not.include('more_set_headers');
    expect(serverOf(conf, 'commented.test')).to.include('# nothing; } else set $from_snippet "1"; # } end');
    expect(conf).to.not.include('access_by_lua_block { ngx.exit');
  });

  it('follow edits', async () => {
    const { stage, web } = the();
    const write = (value: string) =>
      stage.write(
        'edited.yaml',
        ...site('edited', {
          places: [web],
          with: { 'configuration-snippet': `more_set_headers "X: ${value}";` },
        }),
      );
    for (const value of ['one', 'two']) {
      write(value);
      await eventually(async () => expect((await ask('edited')).headers['x']).to.equal(value));
    }
  });
});

describe('snippets that name headers for endpoints', () => {
  const naming = 'proxy_set_header X-Own 1;';
  const usual = { host: 'a.test', 'x-real-ip': '127.0.0.1', 'x-forwarded-proto': 'http' };
  const rows: readonly (readonly [name: string, data: Short, own: Short, value: string | undefined])[] = [
    ['configuration-snippet', {}, { 'configuration-snippet': naming }, '1'],
    // As with ingress-nginx: locations name headers themselves.
    ['server-snippet', {}, { 'server-snippet': naming }, undefined],
    ['location-snippet of the ConfigMap', { 'location-snippet': naming }, {}, '1'],
    ['server-snippet of the ConfigMap', { 'server-snippet': naming }, {}, undefined],
  ];
  for (const [name, data, own, value] of rows) {
    it(`${name}: all others are sent, too`, async () => {
      const stage = createStage();
      try {
        const web = await stage.backend('web');
        stage.write('class.yaml', ingressClass(), settings({ ...BOTH, ...data }));
        stage.write('a.yaml', ...site('a', { places: [web], with: own }));
        const program = await stage.start({
          flags: ['--configmap=default/settings', '--sync-rate-limit=20'],
        });
        const { headers } = (
          await program.http('a.test', '/', { headers: { 'x-real-ip': '9.9.9.9' } })
        ).echo();
        expect(headers).to.include(usual);
        expect(headers['x-own']).to.equal(value);
        // One that is newer than the file.
        stage.write('b.yaml', ...site('b', { places: [web], with: own }));
        await eventually(async () => {
          const later = (await program.http('b.test', '/')).echo();
          expect(later.headers).to.include({ ...usual, host: 'b.test' });
        });
      } finally {
        await stage.close();
      }
    });
  }
});

describe('snippets that proxy by themselves', () => {
  const the = useStage(async (stage) => {
    const [web, other] = [await stage.backend('web'), await stage.backend('other')];
    const place = `${other.address}:${other.port}`;
    const listens = await freePort();
    const http = `server { listen 127.0.0.1:${listens}; location / { proxy_pass http://${place}; } }`;
    stage.write('class.yaml', ingressClass(), settings({ ...BOTH }));
    const own = { 'server-snippet': `location /other { proxy_pass http://${place}; }` };
    stage.write('own.yaml', ...site('own', { places: [web], with: own }));
    stage.write('plain.yaml', ...site('plain', { places: [web] }));
    const program = await stage.start({ flags: ['--configmap=default/settings', '--sync-rate-limit=20'] });
    return { program, place, http, listens };
  });
  const usual = (host: string) => ({ host, 'x-real-ip': '127.0.0.1', 'x-forwarded-proto': 'http' });

  it('of an Ingress: the other service gets what nginx sends by itself', async () => {
    const { program, place } = the();
    const { backend, headers } = (await program.http('own.test', '/other')).echo();
    expect([backend, headers['host'], headers['x-real-ip']]).to.deep.equal(['other', place, undefined]);
    expect((await program.http('own.test', '/')).echo().headers).to.include(usual('own.test'));
    expect((await program.http('plain.test', '/')).echo().headers).to.include(usual('plain.test'));
  });

  it('of the ConfigMap: so it is with a server of http-snippet', async () => {
    const { program, stage, place, http, listens } = the();
    stage.write('class.yaml', ingressClass(), settings({ ...BOTH, 'http-snippet': http }));
    const { headers } = await eventually(async () =>
      (await requestHttp({ port: listens, host: 'any.test', path: '/' })).echo(),
    );
    expect([headers['host'], headers['x-real-ip']]).to.deep.equal([place, undefined]);
    for (const host of ['own.test', 'plain.test'])
      expect((await program.http(host, '/')).echo().headers).to.include(usual(host));
    expect((await program.http('own.test', '/other')).echo().headers).to.include({ host: place });
  });
});

describe('snippets of the ConfigMap', () => {
  const data = {
    'main-snippet': '# main snippet\ntimer_resolution 100ms;',
    'http-snippet': 'map $arg_kind $kind_from_http {\n  default "none";\n  "a" "first";\n}',
    'server-snippet': 'more_set_headers "Globalfoo: Foooo";',
    'location-snippet': 'more_set_headers "Kind: $kind_from_http";',
  };
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    stage.write('class.yaml', ingressClass(), settings({ ...BOTH, ...data }));
    stage.write('plain.yaml', ...site('plain', { places: [web] }));
    const own = { 'configuration-snippet': 'more_set_headers "Own: 1";' };
    stage.write('own.yaml', ...site('own', { places: [web], with: own }));
    stage.write('closed.yaml', ...site('closed', { places: [web], with: { 'allowlist-source-range': 'x' } }));
    const program = await stage.start({
      flags: ['--configmap=default/settings', '--sync-rate-limit=20'],
    });
    return { web, program };
  });

  const ask = (host: string, path = '/?kind=a') => the().program.http(`${host}.test`, path);
  const headersOf = async (host: string) => {
    const { globalfoo, kind, own } = (await ask(host)).headers;
    return [globalfoo, kind, own];
  };

  it('hold for all servers and locations, beside those of Ingresses', async () => {
    expect(await headersOf('plain')).to.deep.equal(['Foooo', 'first', undefined]);
    expect(await headersOf('own')).to.deep.equal(['Foooo', 'first', '1']);
  });

  it('leave closed locations closed', async () => {
    const answer = await ask('closed');
    expect([answer.status, answer.headers['kind']]).to.deep.equal([503, undefined]);
  });

  it('hold for hosts that come later', async () => {
    const { stage, web } = the();
    stage.write('later.yaml', ...site('later', { places: [web] }));
    await eventually(async () =>
      expect(await headersOf('later')).to.deep.equal(['Foooo', 'first', undefined]),
    );
  });

  it('stand in the file as scripts look for them', async () => {
    const conf = collapsed(await the().program.nginxConf());
    expect(conf).to.include('# main snippet timer_resolution 100ms;');
    expect(conf).to.include(
      'map $arg_kind $kind_from_http { default "none"; "a" "first"; } upstream upstream_balancer',
    );
  });

  it('that nginx refuses, or that end their block, keep nothing else from coming into force', async () => {
    const { stage, program } = the();
    for (const [bad, note] of [
      ['no_such_directive on;', /Object in quarantine.*http-snippet|http-snippet.*quarantine/],
      ['} http {', /http-snippet/],
    ] as const) {
      const from = program.logLines().length;
      const changed = { 'http-snippet': bad, 'location-snippet': `more_set_headers "Kind: ${bad.length}";` };
      stage.write('class.yaml', ingressClass(), settings({ ...BOTH, ...data, ...changed }));
      await program.logged(note, { from });
      await eventually(async () =>
        expect(await headersOf('plain')).to.deep.equal(['Foooo', String(bad.length), undefined]),
      );
    }
  });
});

describe('snippets that are not allowed', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const snippet = { 'configuration-snippet': 'more_set_headers "Foo: Bar";' };
    stage.write('site.yaml', ingressClass(), ...site('web', { places: [web], with: snippet }));
    stage.write('plain.yaml', ...site('plain', { places: [web] }));
    const allow = (data: Readonly<Record<string, string>>) => stage.write('settings.yaml', settings(data));
    allow({});
    const program = await stage.start({
      flags: ['--configmap=default/settings', '--sync-rate-limit=20'],
    });
    return { allow, program };
  });

  const cases: readonly (readonly [
    data: Readonly<Record<string, string>>,
    status: number,
    header?: string,
  ])[] = [
    [{}, 404],
    [{ 'allow-snippet-annotations': 'true' }, 404],
    [{ 'annotations-risk-level': 'Critical' }, 200],
    [BOTH, 200, 'Bar'],
    [{ ...BOTH, 'annotations-risk-level': 'critical' }, 200, 'Bar'],
    [{ ...BOTH, 'annotations-risk-level': 'all' }, 404],
    [{ ...BOTH, 'annotations-risk-level': 'Medium' }, 404],
    [{ ...BOTH, 'annotation-value-word-blocklist': 'something, Foo: Bar' }, 404],
    [{ ...BOTH, 'annotation-value-word-blocklist': 'something,foo: bar' }, 200, 'Bar'],
  ];
  for (const [data, status, header] of cases) {
    it(`${JSON.stringify(data)}: ${status}${header === undefined ? ', without the header' : ''}`, async () => {
      const { allow, program } = the();
      allow(data);
      await eventually(async () => {
        const answer = await program.http('web.test', '/');
        expect([answer.status, answer.headers['foo']]).to.deep.equal([status, header]);
      });
      expect((await program.http('plain.test', '/')).status).to.equal(200);
    });
  }
});

describe('dangerous directives of snippets that the admin allows', () => {
  it('run, and no others', async () => {
    const { program } = the();
    expect((await program.http('lua.test', '/')).status).to.equal(410);
    expect((await program.http('include.test', '/')).status).to.equal(503);
  });

  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const lua = { 'configuration-snippet': 'access_by_lua_block {\n  local x = "}"\n  ngx.exit(410)\n}' };
    stage.write('site.yaml', ingressClass(), settings(BOTH), ...site('lua', { places: [web], with: lua }));
    const include = { 'configuration-snippet': 'include /etc/hostname;' };
    stage.write('include.yaml', ...site('include', { places: [web], with: include }));
    const program = await stage.start({
      flags: ['--configmap=default/settings', '--snippet-directives=*_by_lua_block,root'],
    });
    return { program };
  });
});
