import { expect } from 'chai';
import { environment } from '../testing/builders/environment.ts';
import { ingress, service } from '../testing/builders/objects.ts';
import { evaluate, serverOf } from '../testing/builders/pipeline.ts';
import { templates } from '../testing/builders/render.ts';
import { assertServerText } from './shape.ts';
import { aroundServers, serverView } from './views.ts';

const evaluation = evaluate([
  service(),
  ingress({ host: 'a.example.com', paths: ['/x', { path: '/y', type: 'Exact' }] }),
  ingress({
    name: 'wild',
    host: '*.example.com',
    paths: [{ path: '/u/\\d+', type: 'ImplementationSpecific' }],
    annotations: { 'use-regex': 'true' },
  }),
  ingress({
    name: 'guarded',
    host: 'guarded.example.com',
    paths: ['/', { path: '/z', type: 'Exact' }],
    annotations: { 'auth-type': 'basic', 'auth-secret': 'users', 'auth-url': 'http://auth.test/' },
  }),
]);

function textOf(host: string): string {
  return templates.server(
    serverView(serverOf(evaluation, host), aroundServers(evaluation.model.http, environment())),
  );
}

const check = (text: string, host: string) => () => assertServerText(text, serverOf(evaluation, host));

describe('shape of a server', () => {
  for (const host of ['a.example.com', '*.example.com', 'guarded.example.com', '_']) {
    it(`of ${host} is what the model asked for`, () => {
      expect(check(textOf(host), host)).to.not.throw();
    });
  }

  const server = textOf('a.example.com');
  const inLocation = (line: string) => server.replace('proxy_pass', () => `${line}\n\t\t\tproxy_pass`);
  const inServer = (line: string) => server.replace('server_name', () => `${line}\n\t\tserver_name`);
  for (const [name, text, reason] of [
    ['of another host', textOf('*.example.com'), /its name differs/],
    ['of two servers', server + server, /not one server/],
    ['without a server', '', /not one server/],
    ['with something beside the server', `${server}\ninclude x;`, /not one server/],
    ['with a second name', inServer('server_name "b";'), /its name differs/],
    [
      'with one location more',
      server.replace('location "/"', 'location "/z" { return 503; }\n location "/"'),
      /it has \d+ locations/,
    ],
    ['with one location less', server.replace(/location "\/" \{[^}]*\}/, ''), /it has \d+ locations/],
    ['with another path', server.replace('location = "/y"', 'location = "/z"'), /location \d+ differs/],
    [
      'with another kind of match',
      server.replace('location = "/y"', 'location "/y"'),
      /location \d+ differs/,
    ],
    [
      'with a foreign directive in a location',
      inLocation('alias /etc/;'),
      /"alias" is not expected in a location/,
    ],
    ['with a foreign directive in the server', inServer('include /etc/passwd;'), /"include" is not expected/],
    [
      'with a block in a location',
      inLocation('if ($x) { return 200; }'),
      /"if" is not expected in a location/,
    ],
    ['with a block in the server', inServer('listen { }'), /"listen" is not expected/],
    [
      'with a hook for passwords that nobody wants',
      inLocation('access_by_lua_block { tidegate_password() }'),
      /"access_by_lua_block" is not expected/,
    ],
    [
      'with a hook that nobody wants',
      inLocation('rewrite_by_lua_block { tidegate_trace() }'),
      /"rewrite_by_lua_block" is not expected/,
    ],
    [
      'with a hook for CORS that nobody wants',
      inLocation('header_filter_by_lua_block { tidegate_headers() }'),
      /"header_filter_by_lua_block" is not expected/,
    ],
    ['with spans that nobody wants', inLocation('set $telemetry trust;'), /says about spans differs/],
    ['with a question for a password', inLocation('set $auth_type digest;'), /what it asks for differs/],
    [
      'with a script in a location',
      inLocation('content_by_lua_block { ngx.say(1) }'),
      /content_by_lua_block/,
    ],
  ] as const) {
    it(`${name} is refused`, () => {
      expect(check(text, 'a.example.com')).to.throw(reason);
    });
  }

  describe('that asks for passwords', () => {
    const guarded = textOf('guarded.example.com');
    const hook = 'access_by_lua_block { tidegate_password("asked") }';
    for (const [name, text, reason] of [
      ['with a location that does not', guarded.replace(hook, ''), /does not ask for the password/],
      ['with a location that asks twice', guarded.replace(hook, `${hook} ${hook}`), /is not expected/],
      ['with another question', guarded.replace('auth_type basic', 'auth_type digest'), /asks for differs/],
      ['with none', guarded.replace('set $auth_type basic;', ''), /asks for differs/],
      [
        'with a script in the internal location',
        guarded.replace('internal;', 'internal; access_by_lua_block { }'),
        /"access_by_lua_block" is not expected/,
      ],
      [
        'with another way to be satisfied',
        guarded.replace('set $auth_satisfy all', 'set $auth_satisfy none'),
        /the parameters of "set"/,
      ],
    ] as const) {
      it(`${name} is refused`, () => {
        expect(text).to.not.equal(guarded);
        expect(check(text, 'guarded.example.com')).to.throw(reason);
      });
    }
  });

  for (const text of [
    server.replace('}', ''),
    `${server}}`,
    server.replace('";', '"x;'),
    server.replace('";', ';'),
  ]) {
    it(`is refused when it cannot be read: ${JSON.stringify(text.slice(0, 12))}… of ${text.length}`, () => {
      expect(check(text, 'a.example.com')).to.throw();
    });
  }
});
