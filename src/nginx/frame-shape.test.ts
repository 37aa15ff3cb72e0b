import { expect } from 'chai';
import { configMap, ingress, service } from '../testing/builders/objects.ts';
import { evaluate } from '../testing/builders/pipeline.ts';
import { environment } from '../testing/builders/environment.ts';
import { templates } from '../testing/builders/render.ts';
import type { Snippet } from '../text/safe.ts';
import { UnrenderableFrame } from './frame-shape.ts';
import { headView, tailView } from './http-view.ts';

const { model } = evaluate([
  service(),
  configMap({
    'block-user-agents': 'BadBot,~*crawler/[0-9]+,proxy,delete',
    'block-cidrs': '192.0.2.0/24',
    'hide-headers': 'X-One,X-Two',
    'use-forwarded-headers': 'true',
    hsts: 'true',
  }),
  ingress({
    name: 'limited',
    host: 'b.example.com',
    annotations: { 'limit-rps': '5', 'limit-connections': '3' },
  }),
  ingress({
    name: 'www',
    host: 'a.example.com',
    annotations: { 'from-to-www-redirect': 'true' },
  }),
]);
const text =
  templates['nginx.conf'](headView(model, environment())) +
  templates.tail(tailView(environment(), '123', model.http));
const redirects = model.redirects.map(({ from }) => from);
const check = (changed: string) => () => templates.assertFrame(changed, { redirects, snippets: {} });
const behind = (what: string, line: string) => {
  expect(text).to.include(what);
  return text.replace(what, () => `${what}\n${line}`);
};

describe('shape of the frame', () => {
  it('is what the templates say', () => {
    check(text)();
  });

  for (const [name, changed, reason] of [
    ['a module more, outside', `load_module "/tmp/x.so" y;\n${text}`, /"load_module"/],
    ['an engine', `ssl_engine x;\n${text}`, /"ssl_engine"/],
    ['an environment variable', `env X;\n${text}`, /"env"/],
    ['a file', behind('http {', 'include /etc/passwd;'), /"include" in line \d+/],
    ['a root', behind('http {', 'root /;'), /"root"/],
    ['a log elsewhere', behind('http {', 'access_log /tmp/x;'), /"access_log"/],
    ['a script', behind('http {', 'rewrite_by_lua_block { os.exit() }'), /rewrite_by_lua_block/],
    ['a file with a script', behind('http {', 'rewrite_by_lua_file /tmp/x;'), /rewrite_by_lua_file/],
    ['a server', behind('http {', 'server { listen 1; return 200; }'), /"server"/],
    [
      'a server of its own words',
      behind('http {', 'server { server_name "x.test"; listen 1; }'),
      /servers of redirects differ/,
    ],
    ['another pass', behind('http {', 'server { location / { proxy_pass http://a; } }'), /"server"/],
    ['a file in a map', text.replace('BadBot', 'include'), /"include"/],
    ['an entry of a map with a word more', text.replace('BadBot 1;', 'BadBot 1 2;'), /"BadBot"/],
    ['a block in a map', text.replace('BadBot 1;', 'BadBot { }'), /"BadBot"/],
    [
      'a word more',
      text.replace('underscores_in_headers off', 'underscores_in_headers off on'),
      /underscores/,
    ],
    [
      'another header',
      behind('proxy_hide_header X-One;', 'proxy_hide_header X-One X-More;'),
      /proxy_hide_header/,
    ],
    [
      'more in the script of the start',
      text.replace('load_balance = "round_robin"', 'load_balance = os.execute("x")'),
      /init_by_lua_block/,
    ],
    [
      'a call among the name servers',
      text.replace(/nameservers = \{[^}]*\}/, 'nameservers = { os.execute"id", }'),
      /init_by_lua_block/,
    ],
    [
      'a line more in the script of the start',
      text.replace('\t\trequire("resty.core")', '\t\trequire("resty.core")\n\t\tos.exit()'),
      /init_by_lua_block/,
    ],
    [
      'no line of it',
      text.replace('\t\tcollectgarbage("collect")\n', '\t\tcollectgarbage("collect") os.exit()\n'),
      /init_by_lua_block/,
    ],
    ['another command', text.replace('require("tidegate.control").update()', 'os.exit()'), /"server"/],
    [
      'a balancer elsewhere',
      text.replace('ngx_conf_balancer.lua;', 'ngx_conf_balancer.lua x;'),
      /"upstream" in line \d+ is not expected/,
    ],
    ['no end', text.slice(0, -2), /not closed/],
    ['an end more', `${text}}`, /closes nothing/],
  ] as const) {
    it(`with ${name} is refused`, () => {
      expect(changed).to.not.equal(text);
      expect(check(changed)).to.throw(UnrenderableFrame, reason);
    });
  }

  const server =
    'server {\n  listen 2443;\n  server_name other.example.com;\n  return 308 https://$host$request_uri;\n}';
  const withServer = async (snippet: string) => {
    const head = headView(evaluate([configMap({ 'http-snippet': snippet })]).model, environment());
    return templates['nginx.conf'](head) + templates.tail(tailView(environment(), '123', model.http));
  };

  it('with a server with a name, which http-snippet has, is taken', async () => {
    const snippets = { httpSnippet: server as string as Snippet };
    const made = await withServer(server);
    expect(() => templates.assertFrame(made, { redirects: [], snippets })).to.not.throw();
    const more = made.replace('upstream upstream_balancer', () => `${server}\nupstream upstream_balancer`);
    expect(() => templates.assertFrame(more, { redirects: [], snippets })).to.throw(UnrenderableFrame);
  });

  it('without a redirect is refused', () => {
    expect(check(text.replace(/\t## start server www[^]*?\t## end server www.*\n/, ''))).to.throw(
      /redirects differ/,
    );
  });
});
