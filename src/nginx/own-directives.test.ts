import { expect } from 'chai';
import { environment, templatesFolder } from '../testing/builders/environment.ts';
import { annotationKey, configMap, ingress, service } from '../testing/builders/objects.ts';
import { evaluate, serverOf } from '../testing/builders/pipeline.ts';
import { assertServerText } from './shape.ts';
import { compileTemplates, readSources } from './templates.ts';
import { aroundServers, serverView } from './views.ts';

const builtIn = readSources(templatesFolder);
const HOST = 'a.example.com';
const SNIPPET = 'proxy_hide_header X-Own;';

const evaluation = evaluate([
  service(),
  configMap({ 'allow-snippet-annotations': 'true', 'annotations-risk-level': 'Critical' }),
  ingress({
    host: HOST,
    paths: ['/x', { path: '/y', type: 'Exact' }],
    annotations: { 'configuration-snippet': SNIPPET },
  }),
]);

function sourceOf(name: string): string {
  const source = builtIn.get(name);
  if (source === undefined) throw new Error(`no template ${name}`);
  return source;
}

const inLocation = (line: string) =>
  ['location', sourceOf('location').replace('\n', () => `\n${line}\n`)] as const;
const inServer = (line: string) =>
  [
    'server',
    sourceOf('server').replace('\n{{#each listens}}', () => `\n${line}\n{{#each listens}}`),
  ] as const;

function check(change: readonly [string, string], edit = (text: string) => text): void {
  const server = serverOf(evaluation, HOST);
  const templates = compileTemplates(builtIn, new Map([change]));
  const text = templates.server(serverView(server, aroundServers(evaluation.model.http, environment())));
  assertServerText(edit(text), server, templates.own);
}

describe('directives of custom templates', () => {
  it(`are told from those of users (${annotationKey('configuration-snippet')})`, () => {
    expect(serverOf(evaluation, HOST).locations[0]?.policy.snippets).to.deep.equal([SNIPPET]);
  });

  for (const [name, change] of [
    ['a directive in locations', inLocation('expires 1h;')],
    ['the same as in a snippet', inLocation('proxy_hide_header X-Other;')],
    ['a parameter from the data', inLocation('set $own {{quote path}};')],
    ['a directive in servers', inServer('keepalive_timeout 5s;')],
    ['a location', inServer('location = /own { return 200 "x"; }')],
    ['a condition', inServer('if ($http_x_own) { return 418; }')],
    ['nothing, in another order', ['blocks', sourceOf('blocks')]],
  ] as const)
    it(`may be ${name}`, () => expect(() => check(change)).to.not.throw());

  for (const [name, change, edit, reason] of [
    [
      'other parameters',
      inLocation('expires 1h;'),
      ['expires 1h;', 'expires 2h;'],
      /"expires" is not expected/,
    ],
    [
      'more parameters',
      inLocation('expires 1h;'),
      ['expires 1h;', 'expires 1h x;'],
      /"expires" is not expected/,
    ],
    [
      'another place',
      inLocation('expires 1h;'),
      ['server_name', 'expires 1h;\nserver_name'],
      /"expires" is not expected/,
    ],
    [
      'something else in its block',
      inServer('if ($http_x_own) { return 418; }'),
      ['return 418;', 'return 200;'],
      /a condition is not expected/,
    ],
    [
      'a location that is not its own',
      inServer('location = /own { return 200 "x"; }'),
      ['location = /own', 'location = /other'],
      /locations/,
    ],
    [
      'a location without a fixed path',
      inServer('location {{quote serverName}} { return 200; }'),
      ['', ''],
      /locations/,
    ],
  ] as const)
    it(`have not ${name}`, () =>
      expect(() => check(change, (text) => text.replace(edit[0], edit[1]))).to.throw(reason));

  it('are none when a template prints no server', () => {
    expect(() => compileTemplates(builtIn, new Map([['server', 'location / { }\n']]))).to.throw(
      /does not print one server/,
    );
  });
});
