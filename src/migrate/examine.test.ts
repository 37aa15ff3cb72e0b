import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { annotationEntries } from '../graph/annotations/read.ts';
import { settingsTable } from '../config/settings/table.ts';
import type { KubeObject } from '../source/objects.ts';
import { configMap, ingress, ingressClass, service } from '../testing/builders/objects.ts';
import type { IngressSpec } from '../testing/builders/objects.ts';
import { graphOptions, snapshotOf } from '../testing/builders/pipeline.ts';
import { annotationDifferences, settingDifferences } from './differences.ts';
import { examine } from './examine.ts';
import { printHtml } from './html.ts';
import type { Report } from './report.ts';
import { printText } from './text.ts';

function reportOn(...objects: readonly KubeObject[]): Promise<Report> {
  return examine({
    snapshot: snapshotOf([ingressClass(), service({ name: 'web' }), ...objects]),
    options: graphOptions,
    watchNamespace: '',
    configMap: 'default/settings',
    controller: null,
    source: 'a test',
    gaps: [],
    placeOf: (kind, key, field) => `${kind} ${key} ${field}`.trim(),
  });
}

async function about(spec: IngressSpec) {
  const { ingresses } = await reportOn(ingress({ name: 'one', host: 'a.test', ...spec }));
  const [first] = ingresses;
  if (first === undefined) throw new Error('nothing was found out');
  return first;
}

const field = (name: string) => `metadata.annotations["nginx.ingress.kubernetes.io/${name}"]`;

describe('what changes for an Ingress', () => {
  const rows: readonly (readonly [what: string, spec: IngressSpec, outcome: string, field?: string])[] = [
    ['nothing', {}, 'same'],
    ['nothing that differs', { annotations: { 'auth-keepalive': '0' } }, 'same'],
    ['its class is of others', { className: 'traefik' }, 'foreign'],
    [
      'an annotation differs',
      { annotations: { 'auth-keepalive': '10' } },
      'different',
      field('auth-keepalive'),
    ],
    [
      'a value has no effect any more',
      { annotations: { 'http2-push-preload': 'true' } },
      'ignored',
      field('http2-push-preload'),
    ],
    ['a value is wrong', { annotations: { 'auth-url': 'http://127.0.0.1/' } }, 'refused', field('auth-url')],
    ['nobody knows an annotation', { annotations: { 'no-such-thing': '1' } }, 'same', field('no-such-thing')],
    ['its host is none', { host: 'a_;' }, 'refused', 'spec.rules[0].host'],
    [
      'it has a snippet',
      { annotations: { 'server-snippet': 'return 403;' } },
      'refused',
      field('server-snippet'),
    ],
  ];
  for (const [what, spec, outcome, where] of rows)
    it(`when ${what}: ${outcome}`, async () => {
      const found = await about(spec);
      expect(found.outcome).to.equal(outcome);
      if (where === undefined) expect(found.findings).to.deep.equal([]);
      else {
        expect(found.findings.map((finding) => finding.field)).to.include(where);
        expect(found.findings.map(({ place }) => place)).to.include(`Ingress default/one ${where}`);
      }
    });

  it('tells of keys of the ConfigMap', async () => {
    const data = { 'use-forwarded-headers': 'true', 'made-up-key': '1', 'proxy-body-size': 'much' };
    const { settings } = await reportOn(configMap(data, { name: 'settings', namespace: 'default' }));
    expect(Object.fromEntries(settings.map(({ field: key, kind }) => [key, kind]))).to.deep.equal({
      'data["proxy-body-size"]': 'different',
      'data["made-up-key"]': 'same',
      'data["use-forwarded-headers"]': 'different',
    });
  });

  it('knows annotations and keys that there are', () => {
    const names = new Set(annotationEntries.flatMap(({ name, aliases = [] }) => [name, ...aliases]));
    const keys = new Set(Object.values(settingsTable).map(({ key }) => key));
    expect(
      annotationDifferences.flatMap((one) => one.names).filter((name) => !names.has(name)),
    ).to.deep.equal([]);
    expect(settingDifferences.flatMap((one) => one.names).filter((name) => !keys.has(name))).to.deep.equal(
      [],
    );
  });

  it('names only what the documentation names, too', () => {
    const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'differences.md'), 'utf8');
    const missing = [...annotationDifferences, ...settingDifferences]
      .flatMap(({ names }) => names)
      .filter((name) => !text.includes(name));
    expect(missing).to.deep.equal([]);
  });
});

describe('the report', () => {
  const hostile = '<script>alert("1")</script>';
  let report: Report;
  before(async () => {
    report = await reportOn(
      ingress({ name: 'one', host: 'a.test', paths: ['/x/'] }),
      ingress({ name: 'two', host: 'b.test', annotations: { 'auth-url': hostile } }),
      ingress({
        name: 'three',
        host: 'c.test',
        annotations: { 'configuration-snippet': 'more_set_headers "A: <b>";' },
      }),
      ingress({ name: 'four', host: 'd.test', className: 'traefik' }),
    );
  });

  it('counts', () =>
    expect(report.counts).to.deep.equal({ same: 1, different: 0, ignored: 0, refused: 2, foreign: 1 }));

  it('is text', () => {
    const text = printText(report);
    expect(text).to.include(
      '4 Ingresses: 1 the same, 0 with a difference, 0 with something ignored, 2 refused, 1 of other',
    );
    expect(text).to.include('default/two (Ingress default/two)\n    refused: metadata.annotations[');
    expect(text).to.include('    /x/ of default/one');
    expect(text).to.include('configuration-snippet: more_set_headers -> response-headers: "set A: <b>"');
  });

  it('is a page that needs nothing else, and in which text stays text', () => {
    const html = printHtml(report);
    expect(html).to.match(/^<!doctype html>/);
    expect(html).to.not.match(/<script|<link|<img|src=|href=|@import|url\(/i);
    expect(html).to.include('&lt;script&gt;').and.include('&lt;b&gt;');
    const opened = [...html.matchAll(/<(section|table|details|main|tr)\b/g)].length;
    const closed = [...html.matchAll(/<\/(section|table|details|main|tr)>/g)].length;
    expect(opened).to.equal(closed);
  });

  it('is the same each time', async () => expect(printText(report)).to.equal(printText(report)));
});
