import { expect } from 'chai';
import { logVariables } from '../text/log-format.ts';
import { parseConfig } from '../text/lexer.ts';
import type { Directive } from '../text/lexer.ts';
import { environment, nginx122, nginx126 } from '../testing/builders/environment.ts';
import { configMap, ingress, ingressClass, service } from '../testing/builders/objects.ts';
import { openRealNginx } from '../testing/builders/real-nginx.ts';
import { render } from '../testing/builders/render.ts';
import type { PipelineOptions } from '../testing/builders/render.ts';
import type { KubeObject } from '../source/objects.ts';

/** All directives of the file, those inside of blocks, too. */
async function directives(objects: readonly KubeObject[], setup: PipelineOptions = {}) {
  const flat = (list: readonly Directive[]): readonly Directive[] =>
    list.flatMap((entry) => [entry, ...flat(entry.block ?? [])]);
  return flat(parseConfig((await render([ingressClass(), ...objects], setup)).text));
}

async function argumentsOf(name: string, objects: readonly KubeObject[], setup: PipelineOptions = {}) {
  return (await directives(objects, setup))
    .filter((entry) => entry.name === name)
    .map(({ args }) => args.join(' '));
}

const web = [service(), ingress({ host: 'a.example.com', paths: ['/x'] })];

describe('what is printed', () => {
  for (const [name, machine, listens] of [
    [
      'a new nginx with IPv6',
      environment({ features: nginx126 }),
      ['443 ssl', '80', '[::]:443 ssl', '[::]:80'],
    ],
    ['an old nginx without', environment({ features: nginx122, ipv6: false }), ['443 ssl http2', '80']],
  ] as const) {
    it(`listens as ${name} wants`, async () => {
      const printed = await argumentsOf('listen', web, { environment: machine });
      expect(printed.filter((text) => !/default_server|unix:|127\.0\.0\.1/.test(text)).sort()).to.deep.equal(
        listens,
      );
      const first = printed.filter((text) => text.includes('reuseport'));
      expect(first).to.have.length(listens.length);
    });
  }

  for (const [name, features, settings, expected] of [
    ['behind the last listen of each', nginx126, {}, ['_', 'a.example.com', 'www.a.example.com']],
    ['not, if it is off', nginx126, { 'use-http2': 'false' }, []],
    ['not, with a version that has no such directive', nginx122, {}, []],
  ] as const)
    it(`says in servers that they speak HTTP/2: ${name}`, async () => {
      const annotations = { 'from-to-www-redirect': 'true' };
      const objects = [service(), ingress({ host: 'a.example.com', annotations }), configMap(settings)];
      const all = await directives(objects, { environment: environment({ features }) });
      const speaking = all.filter(
        ({ name, block }) => name === 'server' && block?.some((entry) => entry.name === 'http2'),
      );
      const names = speaking.flatMap(
        ({ block }) => block?.find((entry) => entry.name === 'server_name')?.args,
      );
      expect(names.toSorted()).to.deep.equal(expected);
      expect(all.filter((entry) => entry.name === 'http2')).to.have.length(expected.length);
      for (const { block } of speaking) {
        const at = block?.findIndex((entry) => entry.name === 'http2') ?? -1;
        expect(block?.[at]?.args).to.deep.equal(['on']);
        expect(at).to.equal((block?.findLastIndex((entry) => entry.name === 'listen') ?? -2) + 1);
      }
    });

  it('says the user of workers only when there is one to change to', async () => {
    expect(await argumentsOf('user', web)).to.deep.equal([]);
    const setup = { environment: environment({ user: 'www-data' }) };
    expect(await argumentsOf('user', web, setup)).to.deep.equal(['www-data']);
  });

  for (const [settings, directive, expected] of [
    [{ 'worker-processes': 'auto' }, 'worker_processes', ['4']],
    [{ 'worker-processes': '2' }, 'worker_processes', ['2']],
    [{ 'max-worker-connections': '0' }, 'worker_connections', ['785664']],
    [{ 'disable-access-log': 'true' }, 'access_log', ['off', 'off', 'off', 'off', 'off', 'off', 'off']],
    [{ 'upstream-keepalive-connections': '0' }, 'keepalive', []],
    [{ 'limit-rate': '100' }, 'limit_rate', ['100k']],
    [{ 'server-tokens': 'true' }, 'server_tokens', ['on']],
    [{ 'proxy-buffers-number': '2' }, 'proxy_busy_buffers_size', ['4k']],
    [{ 'ssl-protocols': 'TLSv1.3' }, 'ssl_protocols', ['TLSv1.3']],
    [{ 'proxy-next-upstream': 'error http_502' }, 'proxy_next_upstream', ['error http_502']],
  ] as const) {
    it(`follows ${JSON.stringify(settings)}`, async () => {
      expect(await argumentsOf(directive, [...web, configMap(settings)])).to.deep.equal(expected);
    });
  }

  for (const [annotations, directive, expected] of [
    [{ 'proxy-body-size': '8m' }, 'client_max_body_size', '8m'],
    [{ 'proxy-read-timeout': '7' }, 'proxy_read_timeout', '7s'],
    [{ 'proxy-buffer-size': '8k' }, 'proxy_buffers', '4 8k'],
    [{ 'proxy-buffers-number': '8' }, 'proxy_buffers', '8 4k'],
    [{ 'proxy-buffers-number': '2' }, 'proxy_busy_buffers_size', '4k'],
    [{ 'proxy-max-temp-file-size': '1' }, 'proxy_max_temp_file_size', '4k'],
    [{ 'proxy-max-temp-file-size': '2g' }, 'proxy_max_temp_file_size', '2048m'],
    [{ 'proxy-max-temp-file-size': '0' }, 'proxy_max_temp_file_size', '0'],
    [{ 'rewrite-target': '/$1' }, 'rewrite', '(?i)/x /$1 break'],
    [{ 'auth-type': 'basic' }, 'return', '503'],
  ] as const) {
    it(`follows the annotation ${JSON.stringify(annotations)}`, async () => {
      const objects = [service(), ingress({ host: 'a.example.com', paths: ['/x'], annotations })];
      expect(await argumentsOf(directive, objects)).to.include(expected);
      expect(await argumentsOf(directive, web)).to.not.include(expected);
    });
  }

  it('pushes where nginx still can', async () => {
    const objects = [
      service(),
      ingress({ host: 'a.example.com', annotations: { 'http2-push-preload': 'true' } }),
    ];
    for (const [features, args] of [
      [nginx122, ['on']],
      [nginx126, []],
    ] as const) {
      const setup = { environment: environment({ features }) };
      expect(await argumentsOf('http2_push_preload', objects, setup)).to.deep.equal(args);
      // Scripts look for it all the same.
      expect((await render([ingressClass(), ...objects], setup)).text).to.include('http2_push_preload on;');
    }
  });

  for (const [port, asked] of [
    ['4317', '4318'],
    ['4318', '4318'],
    ['9000', '9000'],
  ] as const) {
    it(`sends spans to port ${asked} where the ConfigMap says ${port}`, async () => {
      const data = {
        'enable-opentelemetry': 'true',
        'otlp-collector-host': 'otel.example',
        'otlp-collector-port': port,
      };
      const { text } = await render([ingressClass(), configMap(data), ...web]);
      expect(text).to.include(`otlp_host = "otel.example",\n\t\t\totlp_port = ${asked},`);
    });
  }

  it('says nothing of spans where none are made, unless the log names them', async () => {
    const { text } = await render([ingressClass(), ...web]);
    expect(text).to.not.match(/telemetry|otlp|otel/);
    const data = { 'log-format-upstream': '$OpenTelemetry_trace_id' };
    const named = await render([ingressClass(), configMap(data), ...web]);
    expect(named.text).to.include('set $opentelemetry_trace_id "";').and.not.include('tidegate_span');
  });

  const ewma = { 'load-balance': 'ewma' };
  const canary = ingress({
    name: 'canary',
    host: 'a.example.com',
    paths: [{ path: '/x', service: 'next' }],
    annotations: { canary: 'true', 'canary-weight': '10', ...ewma },
  });
  for (const [name, objects, hooks] of [
    ['nobody does', web, 0],
    ['an Ingress does', [service(), ingress({ host: 'a.example.com', annotations: ewma })], 1],
    ['a canary does', [...web, service({ name: 'next' }), canary], 1],
    ['the ConfigMap does', [...web, configMap(ewma)], 1],
    [
      'a hash decides all the same',
      [
        service(),
        ingress({ host: 'a.example.com', annotations: { ...ewma, 'upstream-hash-by': '$request_uri' } }),
      ],
      0,
    ],
  ] as const) {
    it(`looks at what an answer took only where somebody chooses by it: ${name}`, async () => {
      expect(await argumentsOf('log_by_lua_block', objects)).to.have.length(hooks);
    });
  }

  for (const [name, annotations, settings, expected] of [
    ['nothing', {}, {}, 0],
    ['CORS', { 'enable-cors': 'true' }, {}, 1],
    ['no redirect', { 'ssl-redirect': 'false' }, {}, 1],
    ['the redirect that all have', { 'ssl-redirect': 'true' }, {}, 0],
    ['a redirect that others do not have', { 'ssl-redirect': 'true' }, { 'ssl-redirect': 'false' }, 1],
    ['a forced redirect', { 'force-ssl-redirect': 'true' }, {}, 1],
    ['one that all have', { 'force-ssl-redirect': 'true' }, { 'force-ssl-redirect': 'true' }, 0],
    ['signing in', { 'auth-url': 'http://a.test/', 'auth-signin': 'http://b.test/' }, {}, 1],
    ['no signing in', { 'auth-url': 'http://a.test/' }, {}, 0],
  ] as const) {
    it(`tells Lua where to look further: ${name}`, async () => {
      const objects = [
        service(),
        ingress({ host: 'a.example.com', paths: ['/x'], annotations }),
        configMap(settings),
      ];
      const all = await directives(objects);
      const own = all.find(({ name: directive, args }) => directive === 'location' && args[0] === '/x/');
      const special = own?.block?.filter(({ args }) => args[0] === '$special');
      expect(special).to.have.length(expected);
    });
  }

  it('sends a request nowhere when its Ingress is denied', async () => {
    const denied = ingress({
      host: 'a.example.com',
      annotations: { 'auth-type': 'basic', 'rewrite-target': '/y' },
    });
    const all = await directives([service(), denied]);
    const server = all.find(({ block }) => block?.some(({ args }) => args[0] === 'a.example.com'));
    const names = server?.block?.flatMap(({ block }) => (block ?? []).map(({ name }) => name)) ?? [];
    expect(names).to.include('return').and.not.include('proxy_pass').and.not.include('rewrite');
  });

  it('knows no variable for logs that nginx does not know', async () => {
    const nginx = await openRealNginx();
    try {
      const format = [...logVariables, 'http_a', 'sent_http_a', 'sent_trailer_a', 'upstream_http_a'];
      const more = [...format, 'upstream_cookie_a', 'upstream_trailer_a', 'cookie_a', 'arg_a'];
      const text = `it's \\ ${more.map((name) => `$${name}`).join('|')}`;
      const objects = [...web, configMap({ 'log-format-upstream': text })];
      expect(await nginx.check([ingressClass(), ...objects])).to.deep.equal({ ok: true });
      expect((await render([ingressClass(), ...objects])).text).to.include("'it\\'s \\\\ $args|");
    } finally {
      await nginx.close();
    }
  });

  it('gives the health check no second location of its path', async () => {
    const nginx = await openRealNginx();
    try {
      for (const healthPath of ['/', '/healthz', '/health/']) {
        const { environment: machine } = nginx;
        const objects = [
          service(),
          ingress({
            name: 'any',
            paths: ['/health', '/healthz', '/nginx_status', { path: '/health/', type: 'Exact' }],
          }),
        ];
        expect(
          await nginx.check([ingressClass(), ...objects], { ...machine, healthPath }),
          healthPath,
        ).to.deep.equal({ ok: true });
      }
    } finally {
      await nginx.close();
    }
  });

  it('has no default server without a port for it', async () => {
    const ports = { http: 80, https: 443, status: 10246, passthroughProxy: 442, defaultServer: null };
    expect(await argumentsOf('listen', web)).to.include('8181 default_server');
    const printed = await argumentsOf('listen', web, { environment: environment({ ports }) });
    expect(printed.filter((text) => text.includes('8181'))).to.deep.equal([]);
  });
});
