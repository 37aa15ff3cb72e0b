import { expect } from 'chai';
import { evaluate } from '../testing/builders/pipeline.ts';
import { ingress } from '../testing/builders/objects.ts';
import type { IngressSpec } from '../testing/builders/objects.ts';
import { surprisingHosts } from './paths.ts';
import { surprises } from './report.ts';

const regex = { 'use-regex': 'true' };
const rewrite = { 'rewrite-target': '/$1' };
const one = (spec: IngressSpec) => ingress({ name: 'one', host: 'a.test', ...spec });
const two = (spec: IngressSpec) => ingress({ name: 'two', host: 'a.test', ...spec });

const free = (path: string) => ({ path, type: 'ImplementationSpecific' });

function found(...specs: readonly ReturnType<typeof ingress>[]): Readonly<Record<string, readonly string[]>> {
  const [host] = surprisingHosts(evaluate(specs).graph);
  return Object.fromEntries((host?.surprises ?? []).map(({ surprise, paths }) => [surprise, paths]));
}

const rows: readonly (readonly [
  what: string,
  objects: readonly ReturnType<typeof ingress>[],
  expected: Readonly<Record<string, readonly string[]>>,
])[] = [
  ['nothing about plain paths', [one({ paths: ['/', '/x'] })], {}],
  [
    'expressions without an end',
    [one({ paths: ['/x', free('/y$')], annotations: regex })],
    { 'prefix-regex': ['/x of default/one'] },
  ],
  [
    'paths of another Ingress that become expressions',
    [one({ paths: [free('/x$')], annotations: regex }), two({ paths: ['/y'] })],
    { 'prefix-regex': ['/y of default/two'], 'regex-for-all': ['/y of default/two'] },
  ],
  [
    'a rewrite that nobody called an expression',
    [one({ paths: [free('/x/(.*)$')], annotations: rewrite })],
    { 'rewrite-regex': ['/x/(.*)$ of default/one'] },
  ],
  [
    'a rewrite with use-regex',
    [one({ paths: [free('/x/(.*)$')], annotations: { ...rewrite, ...regex } })],
    {},
  ],
  ['a slash at the end', [one({ paths: ['/x/'] })], { 'slash-redirect': ['/x/ of default/one'] }],
  ['a slash at the end beside the same without', [one({ paths: ['/x/', '/x'] })], {}],
  ['what no request looks like', [one({ paths: ['/a/../b'] })], { normalized: ['/a/../b of default/one'] }],
];

describe('hosts with surprising paths', () => {
  for (const [what, objects, expected] of rows)
    it(`are told about ${what}`, () => expect(found(...objects)).to.deep.equal(expected));

  it('have words for each', () => {
    const seen = new Set(rows.flatMap(([, , expected]) => Object.keys(expected)));
    expect([...seen].toSorted()).to.deep.equal(Object.keys(surprises).toSorted());
  });
});
