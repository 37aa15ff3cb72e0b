import { expect } from 'chai';
import type { Snippet } from './safe.ts';
import { MAX_SNIPPET_BYTES, dangerousDirective, directivesOf, parseSnippet } from './snippet.ts';

function parsed(text: string): Snippet {
  const result = parseSnippet(text);
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

describe('snippets', () => {
  const good: Readonly<Record<string, readonly [text: string, directives: readonly string[]]>> = {
    'one directive': ['more_set_headers "Foo: Bar";', ['more_set_headers']],
    'several lines': ['  a b;\n\tc "d;}" ; \n', ['a', 'c']],
    'line ends of Windows': ['a;\r\nb;\r\n', ['a', 'b']],
    blocks: ['if ($host = "}") {\n  return 403;\n}\nlocation /x { return 200; }', ['if', 'location']],
    comments: ['# nothing; }\n', []],
    'a comment at the end': ['a; # }', ['a']],
    nothing: ['', []],
    Lua: ['access_by_lua_block { if "}" then ngx.exit(403) end }', ['access_by_lua_block']],
  };
  for (const [what, [text, directives]] of Object.entries(good)) {
    it(`may hold ${what}`, () =>
      expect(directivesOf(parsed(text)).map(({ name }) => name)).to.deep.equal(directives));
  }

  it('have trimmed lines, as annotations have', () =>
    expect(parsed('\n  a b;\n\t\tc;  \n\n')).to.equal('a b;\nc;'));

  const bad: Readonly<Record<string, readonly [text: string, reason: RegExp]>> = {
    'end its block': ['a; }', /line 1: "}" closes nothing/],
    'end its block and open another': ['a; } location /x {', /line 1: "}" closes nothing/],
    'leave a block open': ['a;\nif ($x) {', /a block is not closed/],
    'leave a quote open': ['a "b;', /a quoted word is not closed/],
    'leave a directive open': ['a b', /is not ended by ";"/],
    'go on in the next directive': ['a;\nproxy_pass http://x', /is not ended by ";"/],
    'hide its end in a comment': ['a b # ;', /is not ended by ";"/],
    'hold a zero': ['a "\u0000";', /control character/],
    'hold a line end that nginx does not know': ['a;\u2028b;', /control character/],
    'hold a carriage return alone': ['a;\rb;', /control character/],
    'be endless': [`# ${'x'.repeat(MAX_SNIPPET_BYTES)}`, /too long/],
  };
  for (const [what, [text, reason]] of Object.entries(bad)) {
    it(`may not ${what}`, () => {
      const result = parseSnippet(text);
      expect(result.ok ? result.value : result.reason).to.match(reason);
    });
  }

  const dangers: readonly (readonly [text: string, name: string | null])[] = [
    ['more_set_headers "a: b"; if ($x) { return 403; } set $y 1;', null],
    ['access_log off;', null],
    ['access_log /tmp/x;', 'access_log'],
    ['a;\nif ($x) {\n  root /;\n}', 'root'],
    ['location /x { location /x/y { alias /etc/; } }', 'alias'],
    ['include /etc/passwd;', 'include'],
    ['content_by_lua_block { ngx.say(1) }', 'content_by_lua_block'],
    ["rewrite_by_lua 'x';", 'rewrite_by_lua'],
    ['lua_code_cache off;', 'lua_code_cache'],
    ['load_module x;', 'load_module'],
    ['ssl_engine x;', 'ssl_engine'],
    ['perl_set $x "sub {}";', 'perl_set'],
    ['js_content x;', 'js_content'],
    ['proxy_store on;', 'proxy_store'],
    ['proxy_ssl_certificate_key /x;', 'proxy_ssl_certificate_key'],
    ['proxy_ssl_trusted_certificate /x;', 'proxy_ssl_trusted_certificate'],
    ['fastcgi_temp_path /x;', 'fastcgi_temp_path'],
    ['error_log /x;', 'error_log'],
    ['rootless on;', null],
    ['set $auth_users "basic-auth-file:other/users";', 'set'],
    ['if ($http_x) { set ${auth_users} x; }', 'set'],
    ['rewrite "^(?<auth_users>.*)$" /;', 'rewrite'],
    ['auth_request_set $auth_user $upstream_http_x_user;', null],
  ];
  for (const [text, name] of dangers) {
    it(`${JSON.stringify(text)} is ${name === null ? 'harmless' : `dangerous for its ${name}`}`, () =>
      expect(dangerousDirective(parsed(text), [])?.name ?? null).to.equal(name));
  }

  it('may hold what the admin allows', () => {
    const text = parsed('access_by_lua_block { }\nroot /srv;\ninclude /x;');
    expect(dangerousDirective(text, ['*_by_lua_block', 'root'])).to.include({ name: 'include', line: 3 });
    expect(dangerousDirective(text, ['*_by_lua_block', 'root', 'include'])).to.equal(null);
    expect(dangerousDirective(text, ['*'])).to.equal(null);
    expect(dangerousDirective(text, ['access_by_lua', 'roo', 'nclude'])).to.include({ line: 1 });
  });
});
