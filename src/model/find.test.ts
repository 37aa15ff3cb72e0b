/** `find` says what nginx does: the same matchers in a real nginx, asked with the same hosts and paths. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { Agent, request } from 'undici';
import { serverNameOf } from '../text/server-name.ts';
import { defaultSettings, graphOf, ingress } from '../testing/terse.ts';
import { quote } from '../text/safe.ts';
import type { Pattern } from '../text/safe.ts';
import { createModelBuilder } from './build.ts';
import { find } from './find.ts';
import type { Location, Model } from './model.ts';

const exact = (path: string) => ({ path, type: 'Exact' });
const free = (path: string) => ({ path, type: 'ImplementationSpecific' });

// Not JavaScript, or something else there.
const odd = ['/p++q', '/(?i)modifier', '/[]x]bracket', '/t{2}+$', '/\\++w', '/(?i:scoped)', '/o{,x}'];

const model: Model = createModelBuilder().build(
  graphOf([
    ingress({
      name: 'plain',
      rules: {
        'plain.test': [
          '/foo',
          '/foo/bar/',
          exact('/foo/exact'),
          exact('/only'),
          exact('/exact-slash/'),
          '/slash/',
          '/Case',
        ],
      },
    }),
    ingress({ name: 'wild', rules: { '*.wild.test': ['/a'], 'known.wild.test': ['/b'] } }),
    ingress({ name: 'hostless', rules: { '': ['/anywhere'] } }),
    ingress({
      name: 'regex',
      rules: {
        'regex.test': [
          '/foo',
          free('/v[0-9]+/(.*)'),
          exact('/dot.html'),
          free('/x(/|$)(.*)'),
          ...odd.map(free),
        ],
      },
      with: { 'use-regex': 'true' },
    }),
    ingress({
      name: 'closed',
      rules: { 'closed.test': ['/slash/', '/foo'] },
      with: { 'auth-url': 'http://a' },
    }),
  ]),
  defaultSettings,
);

const hosts = [
  'plain.test',
  'PLAIN.test',
  'a.wild.test',
  'known.wild.test',
  'a.b.wild.test',
  'wild.test',
  'regex.test',
  'closed.test',
  'unknown.test',
];
const paths = [
  '/',
  '/foo',
  '/foo/',
  '/foo/x',
  '/foobar',
  '/FOO',
  '/foo/bar',
  '/foo/bar/',
  '/foo/bar/x',
  '/foo/exact',
  '/foo/exact/',
  '/only',
  '/only/',
  '/exact-slash',
  '/exact-slash/',
  '/exact-slash/x',
  '/slash',
  '/slash/',
  '/slash/x',
  '/Case',
  '/case',
  '/a',
  '/a/b',
  '/ab',
  '/b',
  '/anywhere',
  '/anywhere/x',
  '/v1/x',
  '/v/x',
  '/V22/',
  '/dot.html',
  '/dotxhtml',
  '/dot.htm',
  '/x',
  '/x/y',
  '/xy',
  '/v1',
  '/ppq',
  '/Modifier',
  '/]bracket',
  '/xbracket',
  '/tt',
  '/ttt',
  '/+w',
  '/Scoped',
  '/o{,x}',
];

/** The matchers of the model, each of which answers with its own name. What is proxied is so here, since only that redirects. */
function configOf(folder: string): string {
  const operator = { prefix: '', exact: '= ', regex: '~* ' };
  const text = ({ match }: Location) => (match.kind === 'regex' ? match.pattern : match.path);
  const servers = model.servers.map((server) => {
    const locations = server.locations.map((location, index) => {
      const name = `"${server.host} ${index}"`;
      const answer =
        location.policy.answer === 'denied'
          ? `return 200 ${name};`
          : `set $answer ${name}; proxy_pass http://answer;`;
      return `location ${operator[location.match.kind]}${quote(text(location))} { ${answer} }`;
    });
    const role = server.name.kind === 'catch-all' ? ' default_server' : '';
    return `server { listen unix:${folder}/s${role}; server_name ${quote(serverNameOf(server.host))}; ${locations.join('\n')} }`;
  });
  return `
    daemon off; pid ${folder}/pid; error_log stderr; events {}
    http {
      access_log off; proxy_temp_path ${folder}/t1; client_body_temp_path ${folder}/t2; fastcgi_temp_path ${folder}/t3;
      uwsgi_temp_path ${folder}/t4; scgi_temp_path ${folder}/t5;
      proxy_set_header X-Answer $answer;
      upstream answer { server unix:${folder}/a; }
      server { listen unix:${folder}/a; location / { return 200 $http_x_answer; } }
      ${servers.join('\n')}
    }`;
}

function startNginx(folder: string) {
  return execa('nginx', ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')], { reject: false });
}

describe('find', () => {
  let folder: string;
  let nginx: ReturnType<typeof startNginx>;
  let agent: Agent;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'find-'));
    await writeFile(join(folder, 'nginx.conf'), `user root;\n${configOf(folder)}`);
    nginx = startNginx(folder);
    agent = new Agent({ connect: { socketPath: join(folder, 's') } });
    for (let tries = 0; ; tries++) {
      const up = await request('http://x/', { dispatcher: agent }).then(
        ({ body }) => body.dump().then(() => true),
        () => false,
      );
      if (up) break;
      if (tries > 200) throw new Error(`nginx does not start: ${String((await nginx).stderr)}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });

  after(async () => {
    await agent.close();
    nginx.kill('SIGTERM');
    await nginx;
    await rm(folder, { recursive: true });
  });

  async function ask(host: string, path: string): Promise<string> {
    const answer = await request(`http://nginx${path}`, { dispatcher: agent, headers: { host } });
    const body = await answer.body.text();
    return answer.statusCode === 301 ? `301 ${new URL(String(answer.headers['location'])).pathname}` : body;
  }

  function expected(host: string, path: string): string {
    const found = find(model, host, path);
    if (found === null) return 'nothing';
    if (found.kind === 'slash-redirect') return `301 ${found.to}`;
    return `${found.server.host} ${found.server.locations.indexOf(found.location)}`;
  }

  for (const host of hosts) {
    it(`agrees with nginx for ${paths.length} paths of ${host}`, async () => {
      for (const path of paths) expect(expected(host, path), path).to.equal(await ask(host, path));
    });
  }

  it('never throws, whatever the expression', () => {
    for (const pattern of ['(', '(?<n>x', '(?#c)', '\\\\', 'a{1}{2}', '(?(1)a|b)']) {
      const [server] = model.servers;
      if (server === undefined) throw new Error('no server');
      const [location] = server.locations;
      if (location === undefined) throw new Error('no location');
      const locations = [{ ...location, match: { kind: 'regex', pattern: pattern as Pattern } as const }];
      const broken = { ...model, servers: [{ ...server, name: { kind: 'catch-all' } as const, locations }] };
      expect(find(broken, 'x', '/x'), pattern).to.equal(null);
    }
  });
});
