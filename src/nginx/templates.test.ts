/** Rules that hold for every template line, read from the syntax tree; the reasons are in CONTRIBUTING.md. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import Handlebars from 'handlebars';
import { configMap, ingress, ingressClass, service, slice } from '../testing/builders/objects.ts';
import { environment, nginx122, templatesFolder } from '../testing/builders/environment.ts';
import { evaluateExactly } from '../testing/builders/pipeline.ts';
import { templates } from '../testing/builders/render.ts';
import { headView, tailView } from './http-view.ts';
import { streamView } from './stream-view.ts';
import { helperNames, loadTemplates, printLua, printPlain, readSources } from './templates.ts';
import { aroundServers, policyView, routeView, serverView } from './views.ts';
import type { Route } from '../model/model.ts';

type Node = hbs.AST.Node;
const sources = readSources(templatesFolder);
const helpers: ReadonlySet<string> = new Set(helperNames);
const blocks: ReadonlySet<string> = new Set(['if', 'each']);

/** Every node of a tree. */
function nodesOf(value: unknown): readonly Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesOf);
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(nodesOf);
  return 'type' in value && typeof value.type === 'string' ? [value as Node, ...inner] : inner;
}

function nodesOfType<T extends Node>(source: string, type: T['type']): readonly T[] {
  return nodesOf(Handlebars.parse(source)).filter((node): node is T => node.type === type);
}

const nameOf = ({ path }: { readonly path: unknown }) => (path as hbs.AST.PathExpression).original;

describe('templates', () => {
  for (const [name, source] of sources) {
    describe(name, () => {
      it('never prints without escaping', () => {
        const tags = nodesOfType<hbs.AST.MustacheStatement>(source, 'MustacheStatement');
        expect(tags.filter(({ escaped }) => !escaped).map(nameOf)).to.deep.equal([]);
        expect(source).to.not.include('{{{').and.not.include('{{&');
      });

      it('calls only the helpers there are, with one plain path each', () => {
        for (const tag of nodesOfType<hbs.AST.MustacheStatement>(source, 'MustacheStatement')) {
          if (tag.params.length > 0) expect(helpers.has(nameOf(tag)), nameOf(tag)).to.equal(true);
          else expect(helpers.has(nameOf(tag)), nameOf(tag)).to.equal(false);
          expect(tag.params.length).to.be.at.most(1);
          expect(tag.params.every((param) => param.type === 'PathExpression')).to.equal(true);
          expect(tag.hash ?? undefined).to.equal(undefined);
        }
      });

      it('has no blocks but #if and #each over plain paths', () => {
        for (const block of nodesOfType<hbs.AST.BlockStatement>(source, 'BlockStatement')) {
          expect(blocks.has(nameOf(block)), nameOf(block)).to.equal(true);
          expect(block.params).to.have.length(1);
          expect(block.params[0]?.type).to.equal('PathExpression');
        }
      });

      it('does not climb out of its view', () => {
        const paths = nodesOfType<hbs.AST.PathExpression>(source, 'PathExpression');
        expect(
          paths.filter(({ depth, data }) => depth > 0 || data).map(({ original }) => original),
        ).to.deep.equal([]);
      });

      it('calls partials that exist, without indentation, which would cost a copy of each line', () => {
        for (const call of nodesOfType<hbs.AST.PartialStatement>(source, 'PartialStatement')) {
          expect(call.indent).to.equal('');
          expect([...sources.keys()]).to.include((call.name as hbs.AST.PathExpression).original);
        }
      });
    });
  }

  it('are refused with an unknown helper', () => {
    for (const text of ['{{shout x}}', '{{shout}}', '{{quote y}}', '{{> nothing}}', '{{#if']) {
      const folder = mkdtempSync(join(tmpdir(), 'tidegate-'));
      try {
        for (const name of ['nginx.conf', 'server', 'tail', 'stream'])
          writeFileSync(join(folder, `${name}.hbs`), text);
        const use = () => loadTemplates(folder).server({ x: 'a', a: 'a', b: 'b' });
        expect(use, text).to.throw();
      } finally {
        rmSync(folder, { recursive: true });
      }
    }
  });
});

/** Throws on names that do not exist, remembers which were read, and says what #if may ask. */
function watched(view: unknown, path = ''): unknown {
  if (typeof view !== 'object' || view === null) return view;
  return new Proxy(view, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof name === 'symbol') return value;
      if (!(name in target)) throw new Error(`${path}.${name} does not exist`);
      if (typeof value === 'function') return value;
      return watched(value, Array.isArray(target) ? `${path}[]` : `${path}.${name}`);
    },
    getOwnPropertyDescriptor: (target, name) => Reflect.getOwnPropertyDescriptor(target, name),
  });
}

const everything = evaluateExactly([
  ingressClass(),
  configMap({
    'proxy-buffers-number': '2',
    'use-forwarded-headers': 'true',
    'use-proxy-protocol': 'true',
    'proxy-add-original-uri-header': 'true',
    'limit-rate': '100',
    'limit-rate-after': '10',
    'use-gzip': 'true',
    'allow-backend-server-header': 'true',
    'hide-headers': 'X-A',
    'block-cidrs': '10.9.0.0/16',
    'block-user-agents': '~*bot',
    'block-referers': 'evil.test',
    'enable-brotli': 'true',
    'use-geoip2': 'true',
    'geoip2-autoreload-in-minutes': '5',
    'lua-shared-dicts': 'mine: 1m',
  }),
  ingress({
    name: 'all',
    host: '*.example.com',
    paths: ['/x', { path: '/y', type: 'Exact' }],
    annotations: {
      'rewrite-target': '/new',
      'x-forwarded-prefix': '/p',
      'ssl-redirect': 'true',
      'force-ssl-redirect': 'true',
      'preserve-trailing-slash': 'true',
      'use-port-in-redirects': 'true',
      'relative-redirects': 'true',
      'enable-cors': 'true',
      'allowlist-source-range': '10.0.0.0/8',
      'denylist-source-range': '10.1.0.0/16',
      'limit-connections': '5',
      'limit-rps': '7',
      'limit-allowlist': '10.2.0.0/16',
      'limit-rate': '100',
      'upstream-vhost': 'x.test',
      'proxy-cookie-path': '/a /b',
      'proxy-redirect-from': '/a',
      'proxy-redirect-to': '/b?c=d',
      'app-root': '/app',
      'proxy-buffer-size': '8k',
      'proxy-next-upstream': 'error timeout',
      'mirror-target': 'http://mirror.test/',
      'enable-opentelemetry': 'true',
      'opentelemetry-operation-name': 'x',
      'rate-limits': 'key=$http_x rate=1r/s',
      redirects: '/a /b 301',
      'request-headers': 'set X-A: b',
      'response-headers': 'set X-A: b\nadd X-B: c\nremove X-C',
    },
  }),
  ingress({ name: 'denied', host: 'b.example.com', annotations: { 'auth-type': 'basic' } }),
  ingress({
    name: 'asked',
    host: 'i.example.com',
    annotations: {
      'auth-url': 'http://x/y',
      'auth-method': 'POST',
      'auth-signin': 'http://x/login',
      'auth-response-headers': 'X-User',
      'auth-cache-key': '$remote_addr',
      'auth-always-set-cookie': 'true',
      satisfy: 'any',
    },
  }),
  ingress({ name: 'fast', host: 'g.example.com', annotations: { 'backend-protocol': 'FCGI' } }),
  ingress({ name: 'remote', host: 'h.example.com', annotations: { 'backend-protocol': 'GRPC' } }),
  ingress({
    name: 'moved',
    host: 'd.example.com',
    annotations: {
      'permanent-redirect': 'https://e.example.com/?a=b',
      'from-to-www-redirect': 'true',
      'server-alias': 'f.example.com',
    },
  }),
  ingress({ name: 'plain', host: 'c.example.com', paths: ['/.well-known/acme-challenge'] }),
]).model;

const counted = { time: [0.1, 1], length: [10], size: [100] };

const machines = [
  environment({
    metrics: {
      perHost: true,
      undefinedHosts: false,
      buckets: counted,
      native: { schema: -1, most: 100 },
    },
  }),
  environment({
    features: nginx122,
    user: 'nobody',
    ipv6: false,
    healthPath: '/',
    passthrough: true,
    ports: { http: 1, https: 2, status: 3, passthroughProxy: 4, defaultServer: null },
  }),
];

const streaming = evaluateExactly(
  [
    service(),
    slice(),
    configMap({ '9000': 'default/web:80:PROXY:PROXY' }, { namespace: 'default', name: 'tcp' }),
    configMap({
      'enable-real-ip': 'true',
      'allow-snippet-annotations': 'true',
      'annotations-risk-level': 'Critical',
    }),
    ingress({ host: 'passed.test', annotations: { 'ssl-passthrough': 'true', 'stream-snippet': 'a b;' } }),
  ],
  {
    options: {
      streams: { tcp: 'default/tcp', udp: null, reserved: new Map(), passthrough: true, module: 'there' },
    },
  },
).model;

/** All views with every branch of the model. */
const views = machines.flatMap((machine) => [
  ['nginx.conf', headView(everything, machine)] as const,
  ['tail', tailView(machine, '123', everything.http)] as const,
  ['stream', streamView(streaming, machine)] as const,
  ...everything.servers.map(
    (server) => ['server', serverView(server, aroundServers(everything.http, machine))] as const,
  ),
]);

describe('views', () => {
  it('hold every name that a template reads', () => {
    for (const [name, view] of views) {
      expect(() => templates[name](watched(view) as object), name).to.not.throw();
      expect(templates[name](view)).to.be.a('string').that.is.not.empty;
    }
  });

  it('have no field that is called like a helper', () => {
    for (const [, view] of views) {
      const names = nodesOfNames(view);
      expect(names.filter((name) => helpers.has(name) || blocks.has(name))).to.deep.equal([]);
    }
  });

  it('answer every #if with a boolean', () => {
    const conditions = new Set(
      [...sources.values()].flatMap((source) =>
        nodesOfType<hbs.AST.BlockStatement>(source, 'BlockStatement')
          .filter((block) => nameOf(block) === 'if')
          .map(({ params }) => (params[0] as hbs.AST.PathExpression).parts.at(-1) ?? ''),
      ),
    );
    const found = new Map<string, Set<string>>();
    for (const [, view] of views) collectTypes(view, conditions, found);
    expect([...found.keys()].sort()).to.deep.equal([...conditions].sort());
    for (const [name, types] of found) expect([...types], name).to.deep.equal(['boolean']);
  });

  it('let the policy partial read nothing of owner, host or path', () => {
    const policies = everything.servers.flatMap(({ locations }) => locations.map(({ policy }) => policy));
    const partial = Handlebars.create();
    partial.registerHelper('url', (text: unknown) => new partial.SafeString(String(text)));
    partial.registerHelper('quote', (text: unknown) => new partial.SafeString(String(text)));
    partial.registerHelper('value', (text: unknown) => new partial.SafeString(String(text)));
    partial.registerHelper('remark', (text: unknown) => new partial.SafeString(String(text)));
    for (const name of ['cors', 'fastcgi', 'modsecurity', 'hook'])
      partial.registerPartial(name, sources.get(name) ?? '');
    const print = partial.compile(sources.get('policy') ?? '', { strict: true, preventIndent: true });
    for (const policy of policies) {
      const view = policyView(policy, aroundServers(everything.http, environment()));
      const poisoned = { ...view };
      for (const name of Object.keys(routeView(everyRoute()))) {
        Object.defineProperty(poisoned, name, {
          get: () => {
            throw new Error(`the policy reads ${name} of its route`);
          },
        });
      }
      expect(print(poisoned))
        .to.equal(print(view))
        .and.to.match(/return 503|(?:proxy|grpc|fastcgi)_pass/);
    }
  });
});

function everyRoute(): Route {
  const route = everything.servers[0]?.locations[0]?.route;
  if (route === undefined) throw new Error('there is no location');
  return route;
}

function nodesOfNames(view: unknown): readonly string[] {
  if (Array.isArray(view)) return view.flatMap(nodesOfNames);
  if (typeof view !== 'object' || view === null) return [];
  return Object.entries(view).flatMap(([name, value]) => [name, ...nodesOfNames(value)]);
}

function collectTypes(view: unknown, names: ReadonlySet<string>, found: Map<string, Set<string>>): void {
  if (Array.isArray(view)) for (const entry of view) collectTypes(entry, names, found);
  else if (typeof view === 'object' && view !== null) {
    for (const [name, value] of Object.entries(view)) {
      if (names.has(name)) found.set(name, (found.get(name) ?? new Set<string>()).add(typeof value));
      collectTypes(value, names, found);
    }
  }
}

describe('printing without a helper', () => {
  for (const value of [
    1,
    0,
    1.5,
    'on',
    '10.0.0.1:80',
    '[::]:80',
    '$host',
    '~*',
    '=',
    'a-b_c',
    '8k',
    '300ms',
  ]) {
    it(`prints ${JSON.stringify(value)}`, () => {
      expect(printPlain(value)).to.equal(String(value));
    });
  }
  for (const value of [
    '',
    'a b',
    'a;',
    'a{',
    'a}',
    'a"',
    "a'",
    'a\\',
    'a\n',
    'a#b',
    'ä',
    true,
    null,
    undefined,
    NaN,
    {},
    [],
  ]) {
    it(`throws on ${String(JSON.stringify(value))}`, () => {
      expect(() => printPlain(value)).to.throw(/must be quoted/);
    });
  }
});

describe('printing Lua', () => {
  for (const [value, printed] of [
    [true, 'true'],
    [false, 'false'],
    [5, '5'],
    ['max-age=1; preload', '"max-age=1; preload"'],
    ['', '""'],
  ] as const) {
    it(`prints ${JSON.stringify(value)}`, () => {
      expect(printLua(value)).to.equal(printed);
    });
  }
  for (const value of ['a"b', 'a\\b', 'a\nb', ']]', '{', "'", null, undefined, {}]) {
    it(`throws on ${String(JSON.stringify(value))}`, () => {
      expect(() => printLua(value)).to.throw(/as Lua/);
    });
  }
});
