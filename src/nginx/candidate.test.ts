import { expect } from 'chai';
import { readdirSync } from 'node:fs';
import { silentLogger } from '../lib/log.ts';
import type { Model } from '../model/model.ts';
import { createExperience } from '../model/experience.ts';
import { localEnvironment, nginx126 } from '../testing/builders/environment.ts';
import { makeFolder } from '../testing/builders/folder.ts';
import type { Folder } from '../testing/builders/folder.ts';
import { examplePair } from '../testing/builders/certificates.ts';
import { configMap, ingress, secret, service } from '../testing/builders/objects.ts';
import { evaluate } from '../testing/builders/pipeline.ts';
import { templates } from '../testing/builders/render.ts';
import { nginxBinary } from '../testing/builders/real-nginx.ts';
import { parseConfig } from '../text/lexer.ts';
import type { Directive } from '../text/lexer.ts';
import { checkEnvironment, createCandidateCheck } from './candidate.ts';
import type { CandidateOptions } from './candidate.ts';
import { detectNginx } from './detect.ts';
import type { Environment } from './environment.ts';
import { createRenderer } from './files.ts';
import { configOf } from './generation.ts';
import { openSandbox } from './sandbox.ts';
import type { Sandbox, Sandboxed } from './sandbox.ts';
import type { Templates } from './templates.ts';

const { model } = evaluate([
  service(),
  ingress({ host: 'a.example.com', paths: ['/', '/x'], annotations: { 'proxy-body-size': '1m' } }),
  ingress({ name: 'wild', host: '*.example.com', tls: [{ hosts: ['*.example.com'] }] }),
  ingress({
    name: 'regex',
    host: 'r.example.com',
    paths: [{ path: '/v(/|$)(.*)', type: 'ImplementationSpecific' }],
    annotations: { 'rewrite-target': '/$2', 'x-forwarded-prefix': '/v' },
  }),
  ingress({ name: 'hostless', paths: ['/any'] }),
  ingress({
    name: 'headers',
    host: 'headers.example.com',
    annotations: { 'custom-headers': 'default/headers', 'configuration-snippet': 'more_set_headers "A: b";' },
  }),
  ingress({
    name: 'security',
    host: 'security.example.com',
    annotations: {
      'enable-modsecurity': 'true',
      'enable-owasp-core-rules': 'true',
      'modsecurity-snippet': 'SecRuleEngine On',
      'modsecurity-transaction-id': 'x-$request_id',
    },
  }),
  configMap({ 'X-One': '1' }, { namespace: 'default', name: 'headers' }),
  configMap({
    'allow-snippet-annotations': 'true',
    'annotations-risk-level': 'Critical',
    'global-allowed-response-headers': 'X-One',
  }),
  secret({ name: 'inner', data: { 'ca.crt': examplePair.certificate } }),
  ingress({
    name: 'inner',
    host: 'inner.example.com',
    annotations: {
      'backend-protocol': 'HTTPS',
      'proxy-ssl-secret': 'default/inner',
      'proxy-ssl-verify': 'on',
      'proxy-ssl-name': 'web.test',
    },
  }),
]);

/** The first location of the host a.example.com gets another directive, which is an expected one. */
const withDirective = (line: string): Templates => ({
  ...templates,
  server: (view) => templates.server(view).replace(/(location = "\/x" \{\n)/, `$1\t\t\t${line}\n`),
});

function flat(directives: readonly Directive[]): readonly Directive[] {
  return directives.flatMap((directive) => [directive, ...flat(directive.block ?? [])]);
}

describe('check of a candidate', () => {
  let folder: Folder;
  let environment: Environment;
  let sandbox: Sandbox;
  const errors: string[] = [];

  beforeEach(async () => {
    errors.length = 0;
    folder = await makeFolder();
    environment = localEnvironment(folder.path, await detectNginx(nginxBinary));
    const opened = await openSandbox({ folder: folder.path, hidden: [], confine: null });
    if (opened === null) throw new Error('no sandbox');
    sandbox = opened;
  });
  afterEach(async () => {
    await sandbox.close();
    expect(readdirSync(environment.layout.checkDir)).to.deep.equal([]);
    await folder.remove();
  });

  function check(what: Model, options: Partial<CandidateOptions> = {}): Promise<string | null> {
    const log = { ...silentLogger, error: (message: string) => errors.push(message) };
    const experience = createExperience();
    return createCandidateCheck({
      environment,
      binary: nginxBinary,
      templates,
      sandbox,
      experience,
      log,
      ...options,
    })(what);
  }

  it('is passed by what nginx takes', async () => {
    expect(await check(model)).to.equal(null);
    expect(errors).to.deep.equal([]);
  });

  for (const [line, message] of [
    // nginx finds out about these at the end of the file.
    [
      'proxy_buffers 1 4k;',
      /^nginx would refuse the configuration: \[emerg\] there must be at least 2 "proxy_buffers"$/,
    ],
    [
      'proxy_set_header X $nobody;',
      /^nginx would refuse the configuration: \[emerg\] unknown "nobody" variable$/,
    ],
    [
      'proxy_buffering maybe;',
      /^nginx would refuse the configuration for host "a\.example\.com" and path "\/x": \[emerg\] invalid value "maybe"/,
    ],
    ['rewrite "(" /;', /path "\/x": \[emerg\] pcre2?_compile\(\) failed/],
    ['set $x "$";', /path "\/x": \[emerg\] invalid variable name$/],
  ] as const) {
    it(`says where and why nginx does not take ${line}`, async () => {
      const reason = await check(model, { templates: withDirective(line) });
      expect(reason).to.match(message);
      expect(reason).to.not.include(folder.path).and.not.include('nginx.conf');
    });
  }

  for (const line of [
    'include /etc/passwd;',
    'alias /etc/;',
    'content_by_lua_block { os.exit() }',
    'access_log /tmp/x;',
    'proxy_pass http://127.0.0.1:1;',
    'return 200 "$request_uri";',
    '} } load_module /tmp/x.so; server { location = "/x" {',
  ]) {
    it(`never shows nginx ${line}`, async () => {
      let asked = 0;
      const watched: Pick<Sandbox, 'run'> = {
        run: async () => {
          asked++;
          return { code: 0, output: '', exceeded: false };
        },
      };
      const reason = await check(model, { templates: withDirective(line), sandbox: watched });
      expect(reason).to.match(
        /^nginx cannot be told this: the text of server a\.example\.com is not what the model asked for/,
      );
      expect(asked).to.equal(0);
      await check(model, { sandbox: watched });
      expect(asked).to.equal(1);
    });
  }

  for (const [text, words] of [
    ['server {\n  listen 25;\n  proxy_pass 127.0.0.1:26;\n}', null],
    ['geo $mine { default 1; }', null],
    ['no_such_directive on;', /unknown directive "no_such_directive"/],
    ['server {\n  listen 25;\n}', /no handler for server|is not|missing/],
    ['map $remote_addr $x { "~(" 1; }', /pcre|missing/],
  ] as const) {
    it(`looks at a stream-snippet: ${text}`, async () => {
      const { model: snippets } = evaluate([
        service(),
        ingress({ annotations: { 'stream-snippet': text } }),
        configMap({ 'allow-snippet-annotations': 'true', 'annotations-risk-level': 'Critical' }),
      ]);
      const reason = await check(snippets);
      if (words === null) expect(reason).to.equal(null);
      else expect(reason).to.match(words);
    });
  }

  it('asks nginx once about hosts and paths that differ in names alone', async () => {
    let asked = 0;
    const counting: Pick<Sandbox, 'run'> = {
      run: (command, dir) => {
        asked++;
        return sandbox.run(command, dir);
      },
    };
    const log = { ...silentLogger, error: (message: string) => errors.push(message) };
    const judge = createCandidateCheck({
      environment,
      binary: nginxBinary,
      templates,
      sandbox: counting,
      experience: createExperience(),
      log,
    });
    const named = (host: string, rest: Parameters<typeof ingress>[0] = {}): Model => {
      const built = evaluate([ingress({ host, paths: ['/x'], ...rest })]).model;
      const http = { ...built.http, settings: model.http.settings };
      return { ...built, http, servers: built.servers.filter((server) => server.host === host) };
    };
    expect(await judge(named('a.example.com'))).to.equal(null);
    expect(await judge(named('b.example.com'))).to.equal(null);
    expect(asked).to.equal(1);
    expect(await judge(named('c.example.com', { annotations: { 'proxy-body-size': '3m' } }))).to.equal(null);
    expect(asked).to.equal(2);
  });

  it('knows Lua where snippets may hold it, and runs none', async () => {
    const content = `content_by_lua_block { io.open("${folder.file('ran')}", "w"):close() }`;
    const spec = { host: 'a.example.com', annotations: { 'configuration-snippet': content } };
    const settings = { 'allow-snippet-annotations': 'true', 'annotations-risk-level': 'Critical' };
    const options = { snippetDirectives: ['*_by_lua_block'] };
    const lua = evaluate([service(), configMap(settings), ingress(spec)], { options }).model;
    expect(await check(lua)).to.match(/unknown directive "content_by_lua_block"/);
    expect(await check(lua, { lua: 'known' })).to.equal(null);
    expect(readdirSync(folder.path)).to.not.include('ran');
    expect(errors).to.deep.equal([]);
  });

  it('asks nothing about nothing', async () => {
    const never: Pick<Sandbox, 'run'> = { run: () => Promise.reject(new Error('asked')) };
    // The folder is made with the first check.
    await check(model);
    expect(await check({ ...model, servers: [] }, { sandbox: never })).to.equal(null);
  });

  for (const [what, answer, expected, told] of [
    [
      'that takes too much',
      { code: null, output: '', exceeded: true },
      /within its limits of time and memory/,
      0,
    ],
    ['that cannot be started', { code: 1, output: 'unshare failed', exceeded: false }, null, 1],
    [
      'that speaks of places',
      {
        code: 1,
        output: 'nginx: [emerg] open() "/var/secret/x" failed, /proc/5/fd/7 in ./nginx.conf:7\n',
        exceeded: false,
      },
      /: \[emerg\] open\(\) "…" failed, …$/,
      0,
    ],
  ] as const satisfies readonly (readonly [string, Sandboxed, RegExp | null, number])[]) {
    it(`of an nginx ${what}`, async () => {
      const reason = await check(model, { sandbox: { run: async () => answer } });
      if (expected === null) expect(reason).to.equal(null);
      else expect(reason).to.match(expected);
      expect(errors).to.have.length(told);
    });
  }

  it('takes a host with many paths in parts, and all of them', async () => {
    const paths = Array.from({ length: 700 }, (_, index) => `/p${index}`);
    const many = evaluate([service(), ingress({ host: 'a.example.com', paths: [...paths, '/x'] })]).model;
    expect(await check(many)).to.equal(null);
    expect(await check(many, { templates: withDirective('proxy_buffering maybe;') })).to.match(
      /path "\/x": \[emerg\]/,
    );
  });
});

describe('text for the check of a candidate', () => {
  for (const features of [nginx126, { ...nginx126, http2: 'listen' } as const]) {
    it(`loads no modules but those for headers and ModSecurity, runs no Lua, opens no port and names no file outside (http2 by ${features.http2})`, async () => {
      const machine = checkEnvironment(localEnvironment('/data', features));
      const generation = await createRenderer(templates, machine).render(model);
      const directives = flat(parseConfig(configOf(generation).toString()));
      const names = new Set(directives.map(({ name }) => name));
      expect(
        [...names].filter((name) =>
          /lua|load_module|include|ssl_(?:trusted_)?certificate|stub_status/.test(name),
        ),
      ).to.deep.equal(['load_module', 'stub_status']);
      const args = (name: string) =>
        new Set(directives.filter((entry) => entry.name === name).map((entry) => entry.args.join(' ')));
      expect([...args('load_module')]).to.deep.equal([
        '/usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so',
        '/usr/lib/nginx/modules/ngx_http_modsecurity_module.so',
      ]);
      expect([...args('listen')]).to.deep.equal(['unix:check.sock']);
      expect([...args('server'), ...args('proxy_pass')]).to.include.members([
        '0.0.0.1',
        'http://upstream_balancer',
      ]);
      expect([...args('access_log')].sort()).to.deep.equal(['/dev/null upstreaminfo', 'off']);
      for (const name of [...names].filter((entry) => /_temp_path$|^pid$|^error_log$/.test(entry)))
        for (const value of args(name)) expect(value, name).to.not.match(/^\//);
    });
  }
});
