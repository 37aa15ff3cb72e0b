/** nginx takes every value that a setting or an annotation takes: one that it refuses would hold up everybody's changes. */
import { expect } from 'chai';
import { readSettings } from '../../config/settings/read.ts';
import { settingsTable } from '../../config/settings/table.ts';
import { annotationFamilies } from '../../graph/annotations/read.ts';
import { configMap, ingress, ingressClass, service } from '../builders/objects.ts';
import { evaluate } from '../builders/pipeline.ts';
import { openRealNginx } from '../builders/real-nginx.ts';
import type { RealNginx } from '../builders/real-nginx.ts';
import { annotated, authority } from './fields.ts';

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

describe('limits of values', function () {
  this.timeout(60_000);
  let nginx: RealNginx;
  before(async () => {
    nginx = await openRealNginx();
  });
  after(() => nginx.close());

  for (const { key } of Object.values(settingsTable)) {
    it(`${key} takes only what nginx takes`, async () => {
      for (const value of EDGES) {
        const data = { [key]: value };
        if (readSettings(data).faults.length > 0) continue;
        const result = await nginx.check([
          ingressClass(),
          configMap(data),
          service(),
          ingress({ host: 'a.example.com' }),
        ]);
        expect(result, JSON.stringify(value)).to.deep.equal({ ok: true });
      }
    });
  }

  for (const { name } of Object.values(annotationFamilies).flatMap((family) => Object.values(family))) {
    it(`the annotation ${name} takes only what nginx takes`, async () => {
      for (const value of EDGES) {
        const objects = [service(), authority, annotated(name, value)];
        if (evaluate(objects).graph.problems.length > 0) continue;
        const result = await nginx.check([ingressClass(), ...objects]);
        expect(result, JSON.stringify(value)).to.deep.equal({ ok: true });
      }
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
