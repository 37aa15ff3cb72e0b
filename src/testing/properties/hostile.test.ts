/** Whatever text stands in an object: nothing throws, and nginx.conf keeps the shape that a harmless text gives. */
import { expect } from 'chai';
import fc from 'fast-check';
import { readSettings } from '../../config/settings/read.ts';
import { settingsTable } from '../../config/settings/table.ts';
import { describeProblem } from '../../graph/problems.ts';
import type { KubeObject } from '../../source/objects.ts';
import { linesOf } from '../../nginx/generation.ts';
import { assertServerText } from '../../nginx/shape.ts';
import { parseConfig } from '../../text/lexer.ts';
import { securityRules } from '../../text/modsecurity.ts';
import { snippet } from '../../text/snippet.ts';
import type { Directive } from '../../text/lexer.ts';
import { configMap, ingress, ingressClass, service, slice } from '../builders/objects.ts';
import { render } from '../builders/render.ts';
import type { Rendered } from '../builders/render.ts';
import { annotated, annotationFields, fields, secrets } from './fields.ts';
import { aroundValid, hostile, payloads } from './payloads.ts';

const RUNS = 60;

/** Names and nesting; neighbours in any order, since a host decides where its server stands. */
function shapeOf(directives: readonly Directive[]): string {
  return directives
    .map(({ name, block }) => (block === null ? name : `${name}{${shapeOf(block)}}`))
    .sort()
    .join(' ');
}

const harmlessShapes = new Map<string, string>();

async function shapeWith(key: string, objects: readonly KubeObject[]): Promise<string> {
  const known = harmlessShapes.get(key) ?? shapeOf(parseConfig((await renderAll(objects)).text));
  harmlessShapes.set(key, known);
  return known;
}

/** Renders, and proves the text of each server once more from the bytes of the whole file. */
async function renderAll(objects: readonly KubeObject[]): Promise<Rendered> {
  const rendered = await render([ingressClass(), ...objects]);
  const lines = rendered.text.split('\n');
  const starts = linesOf(rendered.generation);
  for (const [index, { line, server }] of starts.entries()) {
    const end = starts[index + 1]?.line ?? lines.findIndex((text) => text.startsWith('\t# Names of all')) + 1;
    assertServerText(lines.slice(line - 1, end - 1).join('\n'), server);
  }
  return rendered;
}

function problemsAt({ graph }: Rendered, field: RegExp): readonly string[] {
  return graph.problems.filter((problem) => field.test(problem.field)).map(describeProblem);
}

const takesAnyText = new Set([
  'no-tls-redirect-locations',
  'no-auth-locations',
  'annotation-value-word-blocklist',
  'block-user-agents',
  'block-referers',
  'custom-http-errors',
  'skip-access-log-urls',
  'log-format-upstream',
  'log-format-stream',
  'gzip-disable',
  // Kept, and never printed.
  'app-root',
  'upstream-hash-by',
  'global-external-auth',
  // Any word that is no level counts as the strictest.
  'annotations-risk-level',
  // The names of a list that are none are left out.
  'global-allowed-response-headers',
]);

const takesAnySign = new Set(['request-headers', 'response-headers']);

/** Snippets are directives: snippets.test.ts. */
const settingsOfText = Object.values(settingsTable).filter(
  ({ type }) => !([snippet, securityRules] as readonly object[]).includes(type),
);

/** One good value of keys that are empty by default. */
const validSettings: Readonly<Record<string, string>> = {
  'global-auth-url': 'http://a.test/x',
  'global-auth-method': 'POST',
  'syslog-host': 'logs.test',
  'gzip-disable': 'msie6',
  'worker-cpu-affinity': 'auto',
  'bind-address': '10.0.0.1',
  'bind-address-ipv4': '10.0.0.1',
  'bind-address-ipv6': '::1',
  'disable-ipv6-dns': 'true',
  'debug-connections': '10.0.0.1',
  'global-auth-signin': 'http://a.test/x',
  'global-auth-signin-redirect-param': 'rd',
  'global-auth-response-headers': 'X-User',
  'global-auth-request-redirect': '/x',
  'global-auth-cache-key': '$host',
  'hide-headers': 'X-A',
  'lua-shared-dicts': 'mine:1m',
  'otlp-collector-host': 'collector.test',
  'opentelemetry-operation-name': 'HTTP $request_method $uri',
};

describe('hostile text', function () {
  this.timeout(60_000);

  for (const field of fields) {
    it(`in ${field.name} is one token, or refused by name`, async () => {
      const check = async (value: string) => {
        const rendered = await renderAll(field.objects(value));
        if (field.problem !== null && problemsAt(rendered, field.problem).length > 0) return;
        const harmless = field.harmless(value);
        const expected = await shapeWith(`${field.name} ${harmless}`, field.objects(harmless));
        expect(shapeOf(parseConfig(rendered.text))).to.equal(expected);
      };
      for (const value of payloads) await check(value);
      await fc.assert(fc.asyncProperty(fc.oneof(hostile), check), { numRuns: RUNS });
    });
  }

  it('in an annotation with an effect is refused by name, or taken as one value', async () => {
    const values = hostile.filter((value) => value.trim().length > 5);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...annotationFields), values, async ({ name, valid }, value) => {
        const rendered = await renderAll([service(), slice(), ...secrets, annotated(name, value)]);
        if (problemsAt(rendered, new RegExp(`/${name}"`)).length > 0) return;
        const expected = await shapeWith(`annotation ${name}`, [
          service(),
          slice(),
          ...secrets,
          annotated(name, valid),
        ]);
        expect(shapeOf(parseConfig(rendered.text))).to.equal(expected);
      }),
      { numRuns: RUNS * 10 },
    );
  });

  for (const { name, valid } of annotationFields) {
    it(`around a good value of ${name} is refused by name`, async () => {
      expect(problemsAt(await renderAll([...secrets, annotated(name, valid)]), /./)).to.not.include(name);
      for (const around of aroundValid) {
        // There blanks count for nothing.
        const joined = around(valid).replaceAll(/\s/g, '');
        if (name === 'x-forwarded-prefix' && /^[\w/]*$/.test(joined)) continue;
        // Values of headers may hold any sign; the test above proves that they stay values.
        if (takesAnySign.has(name) && /^[\x20-\x5b\x5d-\x7e]+$/.test(around(valid))) continue;
        const rendered = await renderAll([...secrets, annotated(name, around(valid))]);
        expect(problemsAt(rendered, new RegExp(`/${name}"`)), JSON.stringify(around(valid))).to.have.length(
          1,
        );
      }
    });
  }

  it('in the ConfigMap is refused by name, or taken as one value', async () => {
    // What is blocked stands as names in a map: below.
    const isMap = (key: string) => key.startsWith('block-') || key === 'skip-access-log-urls';
    const keys = settingsOfText.map(({ key }) => key).filter((key) => !isMap(key));
    const values = hostile.filter((value) => value.trim().length > 5);
    const objects = [service(), slice(), ingress({ host: 'a.example.com' })];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...keys), values, async (key, value) => {
        const data = { [key]: value };
        const rendered = await renderAll([...objects, configMap(data)]);
        const { faults, settings } = readSettings(data);
        if (faults.some((fault) => fault.key === key)) return;
        // Each of these is a directive of its own.
        const count = settings.hideHeaders.length;
        const names = Array.from({ length: count }, (_, index) => `X-${index}`).join(',');
        const expected = [...objects, configMap(count === 0 ? {} : { 'hide-headers': names })];
        expect(shapeOf(parseConfig(rendered.text))).to.equal(await shapeWith(`settings ${count}`, expected));
      }),
      {
        numRuns: RUNS * 10,
        examples: [
          ['hide-headers', '0000,,'],
          ['hide-headers', 'X-A, X-B,X-C'],
        ],
      },
    );
  });

  it('to be blocked is one line of a map', async () => {
    const objects = [service(), slice(), ingress({ host: 'a.example.com' })];
    await fc.assert(
      fc.asyncProperty(hostile, async (value) => {
        const data = { 'block-user-agents': value };
        const { blockUserAgents } = readSettings(data).settings;
        const { text } = await renderAll([...objects, configMap(data)]);
        const http = parseConfig(text).find(({ name }) => name === 'http')?.block ?? [];
        const map = http.find(({ name, args }) => name === 'map' && args[1] === '$block_ua');
        const lines = (map?.block ?? []).slice(1).map(({ name, args }) => [name, ...args]);
        expect(lines).to.deep.equal(blockUserAgents.map((pattern) => [pattern, '1']));
      }),
      { numRuns: RUNS },
    );
  });

  it('for lines of the log is one directive, and so is what is not logged', async () => {
    const objects = [service(), slice(), ingress({ host: 'a.example.com' })];
    await fc.assert(
      fc.asyncProperty(hostile, async (value) => {
        const data = { 'log-format-upstream': value, 'skip-access-log-urls': value };
        const { logFormatUpstream, skipAccessLogUrls } = readSettings(data).settings;
        const { text } = await renderAll([...objects, configMap(data)]);
        const http = parseConfig(text).find(({ name }) => name === 'http')?.block ?? [];
        const formats = http.filter(({ name }) => name === 'log_format').map(({ args }) => args);
        expect(formats).to.deep.equal([['upstreaminfo', ...logFormatUpstream.pieces]]);
        const map = http.find(({ name, args }) => name === 'map' && args[1] === '$loggable');
        const lines = (map?.block ?? []).slice(1).map(({ name, args }) => [name, ...args]);
        expect(lines).to.deep.equal(skipAccessLogUrls.map((pattern) => [pattern, '0']));
      }),
      { numRuns: RUNS * 5, examples: [["it's \\' $status; }"], ['\\'], ["'\n$host"]] },
    );
  });

  for (const { key, default: usual } of settingsOfText) {
    // Text that is only compared with paths or values, and never printed.
    if (takesAnyText.has(key)) continue;
    const valid = usual === '' ? (validSettings[key] ?? '') : usual;
    it(`around a good value of ${key} is refused by name`, () => {
      expect(readSettings({ [key]: valid }).faults).to.deep.equal([]);
      for (const around of aroundValid) {
        const faults = readSettings({ [key]: around(valid) }).faults.map((fault) => fault.key);
        expect(faults, JSON.stringify(around(valid))).to.deep.equal([key]);
      }
    });
  }

  it('in the name of a ConfigMap key is ignored and told', async () => {
    await fc.assert(
      fc.property(hostile, (key) => {
        const read = readSettings({ [key]: 'x' });
        const known = Object.values(settingsTable).some((entry) => entry.key === key);
        expect(read.unknown.includes(key)).to.equal(!known);
      }),
      { numRuns: RUNS },
    );
  });
});
