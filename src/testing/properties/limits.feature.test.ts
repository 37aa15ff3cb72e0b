/** nginx takes every value that a setting or an annotation takes: one that it refuses would hold up everybody's changes. */
import { expect } from 'chai';
import { readSettings } from '../../config/settings/read.ts';
import { settingsTable } from '../../config/settings/table.ts';
import { annotationFamilies } from '../../graph/annotations/read.ts';
import type { Ingress } from '../../source/objects.ts';
import { securityRules } from '../../text/modsecurity.ts';
import { configMap, ingress, ingressClass, service } from '../builders/objects.ts';
import { evaluate } from '../builders/pipeline.ts';
import { openRealNginx } from '../builders/real-nginx.ts';
import type { RealNginx } from '../builders/real-nginx.ts';
import { annotated, secrets } from './fields.ts';

/** The edges of what any type might take. */
const EDGES = [
  '',
  ' ',
  ',',
  '0',
  '1',
  '2',
  '0k',
  '1k',
  '000',
  '64m',
  '100g',
  '999999999g',
  '9999999',
  '999999999',
  '1000000000',
  '1ms',
  '9999999d',
  '9999999h',
  'off',
  'off off',
  'error',
  'error error',
  'off error',
  'word',
  'TLSv1.2 TLSv1.2',
  'true',
  'false',
  '/',
  '/$1',
  '$uri',
  '//',
  '.',
];

/** Values that nginx judges together, across levels and directives. */
const COMBINATIONS: readonly Readonly<
  Record<'settings' | 'annotations', Readonly<Record<string, string>>>
>[] = [
  { settings: { 'proxy-buffers-number': '2' }, annotations: { 'proxy-buffer-size': '64k' } },
  {
    settings: { 'proxy-buffers-number': '2' },
    annotations: { 'proxy-buffer-size': '64k', 'proxy-buffers-number': '8' },
  },
  {
    settings: { 'proxy-buffers-number': '2', 'proxy-buffer-size': '64k' },
    annotations: { 'proxy-buffers-number': '8', 'proxy-buffer-size': '4k' },
  },
  { settings: { 'proxy-max-temp-file-size': '1k' }, annotations: {} },
  { settings: { 'proxy-max-temp-file-size': '1k' }, annotations: { 'proxy-buffer-size': '8k' } },
  { settings: { 'proxy-buffer-size': '64m' }, annotations: { 'proxy-max-temp-file-size': '1m' } },
  { settings: {}, annotations: { 'proxy-max-temp-file-size': '1m', 'proxy-buffer-size': '64m' } },
  { settings: { 'proxy-max-temp-file-size': '0' }, annotations: { 'proxy-buffer-size': '64m' } },
  { settings: { 'use-http2': 'false', 'disable-access-log': 'true', hsts: 'false' }, annotations: {} },
];

/** Rules of ModSecurity are a language of their own: what it refuses is found by the quarantine. */
const settingsOfNginx = Object.values(settingsTable).filter(({ type }) => (type as object) !== securityRules);

describe('limits of values', function () {
  this.timeout(60_000);
  let nginx: RealNginx;
  before(async () => {
    nginx = await openRealNginx();
  });
  after(() => nginx.close());

  const checkSettings = (data: Readonly<Record<string, string>>) =>
    nginx.check([ingressClass(), configMap(data), service(), ingress({ host: 'a.example.com' })]);

  const good = new Map(
    settingsOfNginx.map(({ key }) => [
      key,
      EDGES.filter((value) => readSettings({ [key]: value }).faults.length === 0),
    ]),
  );
  /** One good value of each key, all in one ConfigMap: one look is enough when all is well. */
  const rounds = EDGES.map((_, round) =>
    Object.fromEntries(
      Array.from(good, ([key, values]) => [key, values[round]] as const).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, value] as const],
      ),
    ),
  );
  const refused: Readonly<Record<string, string>>[] = [];
  before(async () => {
    for (const data of rounds) if (!(await checkSettings(data)).ok) refused.push(data);
  });

  it('values of many keys go together', () => expect(refused).to.deep.equal([]));

  for (const [key, values] of good) {
    it(`${key} takes only what nginx takes`, async () => {
      for (const value of values) {
        const suspected = refused.some((data) => data[key] === value);
        const result = suspected ? await checkSettings({ [key]: value }) : { ok: true };
        expect(result, JSON.stringify(value)).to.deep.equal({ ok: true });
      }
    });
  }

  const checkAnnotations = (ingresses: readonly Ingress[]) =>
    nginx.check([ingressClass(), service(), ...secrets, ...ingresses]);

  for (const { name } of Object.values(annotationFamilies).flatMap((family) => Object.values(family))) {
    it(`the annotation ${name} takes only what nginx takes`, async () => {
      const taken = EDGES.map((value, index) => ({ value, ingress: annotated(name, value, `h${index}`) }));
      const good = taken.filter(
        ({ ingress: own }) => evaluate([service(), ...secrets, own]).graph.problems.length === 0,
      );
      // Each is a host of its own, so that one look is enough when all is well.
      const together = await checkAnnotations(good.map(({ ingress: own }) => own));
      for (const { value, ingress: own } of together.ok ? [] : good)
        expect(await checkAnnotations([own]), JSON.stringify(value)).to.deep.equal({ ok: true });
      expect(together).to.deep.equal({ ok: true });
    });
  }

  for (const { settings, annotations } of COMBINATIONS) {
    it(`${JSON.stringify(settings)} goes with ${JSON.stringify(annotations)}`, async () => {
      const owner = ingress({ host: 'a.example.com', paths: ['/x'], annotations });
      const objects = [ingressClass(), configMap(settings), service(), owner];
      expect(await nginx.check(objects)).to.deep.equal({ ok: true });
    });
  }
});
