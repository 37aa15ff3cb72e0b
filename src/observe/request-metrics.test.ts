import { expect } from 'chai';
import { inOneGo } from '../lib/slices.ts';
import { readFamilies } from '../testing/builders/metric-families.ts';
import { encodeFamilies } from './protobuf.ts';
import { createRequestMetrics } from './request-metrics.ts';
import type { RequestMetrics, RequestMetricsOptions } from './request-metrics.ts';

const usual: RequestMetricsOptions = {
  labels: { controller_pod: 'pod' },
  perHost: true,
  undefinedHosts: false,
  statusClasses: false,
  excluded: new Set(),
  buckets: { time: [0.1, 1], length: [10, 100], size: [1000, 1_000_000] },
  native: null,
};
const known = { hosts: new Set(['a.test']), ingresses: new Set(['ns/web']) };

interface RowSpec {
  readonly host?: string;
  readonly ingress?: string;
  readonly path?: string;
  readonly status?: string;
  readonly count?: number;
}

/** A report of one series, each value in the first bucket. */
function row({ host = 'a.test', ingress = 'web', path = '/', status = '200', count = 1 }: RowSpec = {}) {
  const plain = [0.25, count, 0, 0];
  return {
    l: [host, 'ns', ingress, 'svc', '', path, 'GET', status],
    n: count,
    h: Array.from({ length: 7 }, () => plain),
  };
}

function open(options: Partial<RequestMetricsOptions> = {}) {
  const metrics = createRequestMetrics({ ...usual, ...options });
  metrics.coming(known);
  metrics.serving();
  return metrics;
}

const LABELS =
  'controller_pod="pod",host="a.test",namespace="ns",ingress="web",service="svc",canary="",path="/",method="GET",status="200"';

describe('request metrics', () => {
  it('add up what workers report', () => {
    const metrics = open();
    expect(metrics.add([row(), row({ count: 2 })])).to.equal(0);
    metrics.add([row()]);
    const lines = metrics.exposition().split('\n');
    expect(lines).to.include(`nginx_ingress_controller_requests{${LABELS}} 4`);
    for (const [suffix, more, value] of [
      ['_bucket', ',le="0.1"', 4],
      ['_bucket', ',le="+Inf"', 4],
      ['_sum', '', 0.75],
      ['_count', '', 4],
    ])
      expect(lines).to.include(
        `nginx_ingress_controller_request_duration_seconds${suffix}{${LABELS}${more}} ${value}`,
      );
    expect(lines).to.include(`nginx_ingress_controller_bytes_sent_bucket{${LABELS},le="1e+06"} 4`);
    expect(lines.filter((line) => line.startsWith('# TYPE'))).to.have.length(8);
  });

  it('are summed up by host', () => {
    const metrics = open({ undefinedHosts: true });
    expect(metrics.totals()).to.deep.equal({ all: 0, hosts: new Map() });
    metrics.add([row(), row({ status: '404', count: 2 }), row({ host: 'x.test', count: 4 })]);
    const hosts = new Map([
      ['a.test', 3],
      ['x.test', 4],
    ]);
    expect(metrics.totals()).to.deep.equal({ all: 7, hosts });
    const together = open({ perHost: false });
    together.add([row(), row({ host: 'x.test' })]);
    expect(together.totals()).to.deep.equal({ all: 2, hosts: new Map([['', 2]]) });
  });

  it('show nothing before the first request', () => expect(open().exposition()).to.equal(''));

  for (const [what, options, spec, counts] of [
    ['a host that nobody names', {}, { host: 'x.test' }, false],
    ['such a host when they shall count', { undefinedHosts: true }, { host: 'x.test' }, true],
    ['any host without the label', { perHost: false }, { host: 'x.test' }, true],
    ['an Ingress that does not exist', {}, { ingress: 'gone' }, false],
    ['requests for nobody', {}, { ingress: '' }, true],
  ] as const)
    it(`${counts ? 'count' : 'do not count'} ${what}`, () => {
      const metrics = open(options);
      metrics.add([row(spec)]);
      expect(metrics.exposition() !== '').to.equal(counts);
    });

  it('have no label host without --metrics-per-host', () => {
    const metrics = open({ perHost: false });
    metrics.add([row({ host: '' })]);
    expect(metrics.exposition()).to.include('controller_pod="pod",namespace="ns"').and.not.include('host=');
  });

  it('can show classes of status', () => {
    const metrics = open({ statusClasses: true });
    metrics.add([row({ status: '204' }), row({ status: '' })]);
    expect(metrics.exposition()).to.include('status="2xx"').and.include('status=""');
  });

  it('leave out what is excluded', () => {
    const metrics = open({ excluded: new Set(['requests', 'bytes_sent']) });
    metrics.add([row()]);
    expect(metrics.exposition())
      .to.include('response_size_count')
      .and.not.include('bytes_sent')
      .and.not.include('controller_requests');
  });

  it('escape labels', () => {
    const metrics = open();
    metrics.add([row({ path: '/"\\\n' })]);
    expect(metrics.exposition()).to.include(String.raw`path="/\"\\\n"`);
  });

  it('forget Ingresses that are gone once that serves, and count new ones before', () => {
    const metrics = open();
    metrics.add([row()]);
    metrics.coming({ hosts: new Set(['a.test']), ingresses: new Set(['ns/new']) });
    metrics.add([row({ ingress: 'new' }), row()]);
    expect(metrics.exposition()).to.include('ingress="web"').and.include('ingress="new"');
    metrics.serving();
    metrics.add([row()]);
    expect(metrics.exposition()).to.include('ingress="new"').and.not.include('ingress="web"');
  });

  describe('as native histograms', () => {
    const native = { schema: 3, most: 2 };
    const withNative = (lists: readonly (readonly number[])[], spec: RowSpec = {}) => ({
      ...row(spec),
      x: lists,
    });
    const six = (list: readonly number[]) => Array.from({ length: 6 }, () => list);
    const families = (metrics: RequestMetrics) => readFamilies(inOneGo(encodeFamilies(metrics.families())));

    it('are those that are not deprecated, with classic buckets and labels', () => {
      const metrics = open({ native });
      expect(metrics.add([withNative(six([3, 1, -9, 2])), withNative(six([3, 0, -9, 1]))])).to.equal(0);
      const found = families(metrics);
      expect(found.map(({ name }) => name)).to.deep.equal(
        [...metrics.exposition().matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name),
      );
      const labels = Object.fromEntries(
        [...LABELS.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
      );
      expect(found[0]?.metrics).to.deep.equal([{ labels, counter: 2, gauge: null, histogram: null }]);
      for (const { name, metrics: shown } of found.slice(1)) {
        expect(shown[0]?.labels, name).to.deep.equal(labels);
        const histogram = shown[0]?.histogram;
        expect(histogram, name).to.deep.include({ count: 2, sum: 0.5 });
        expect(
          histogram?.buckets.map(([, count]) => count),
          name,
        ).to.deep.equal([2, 2]);
        const isNative = name !== 'nginx_ingress_controller_bytes_sent';
        const expected = { schema: 3, zeroThreshold: 2 ** -128, zeroCount: 1, spans: [[-9, 1]], deltas: [3] };
        expect(histogram?.native, name).to.deep.equal(isNative ? expected : null);
      }
    });

    it('have as many buckets as they may, each series for itself', () => {
      const metrics = open({ native });
      metrics.add([
        withNative([[3, 0, 1, 1, 2, 1, 3, 1], ...six([3, 0, 1, 1]).slice(1)]),
        withNative(six([3, 0, 1, 1]), { path: '/other' }),
      ]);
      const schemas = families(metrics)
        .slice(1, 3)
        .flatMap(({ metrics: shown }) => shown.map(({ histogram }) => histogram?.native?.schema));
      expect(schemas).to.deep.equal([2, 3, 3, 3]);
    });

    it('leave out what is excluded, and what was not observed', () => {
      const metrics = open({ native, excluded: new Set(['requests', 'response_size']) });
      const nothing = [0, 0, 0, 0];
      metrics.add([{ ...withNative(six([3, 0])), h: [[1, 1, 0, 0], ...six(nothing)] }]);
      expect(families(metrics).map(({ name }) => name)).to.deep.equal([
        'nginx_ingress_controller_request_duration_seconds',
      ]);
    });

    for (const [what, bad] of [
      ['no native histograms', row()],
      ['too few of them', withNative([[3, 0]])],
      ['one that cannot be read', withNative([[3], ...six([3, 0]).slice(1)])],
    ] as const)
      it(`tell of a report with ${what}`, () => {
        const metrics = open({ native });
        expect(metrics.add([bad, withNative(six([3, 0]))])).to.equal(1);
        expect(metrics.totals().all).to.equal(1);
      });
  });

  for (const [what, bad] of [
    ['text', 'x'],
    ['too few labels', { ...row(), l: ['a.test'] }],
    ['a label that is no text', { ...row(), l: [1, 2, 3, 4, 5, 6, 7, 8] }],
    ['too few histograms', { ...row(), h: [] }],
    ['a bucket that is no number', { ...row(), h: Array.from({ length: 7 }, () => [0, 'x', 0, 0]) }],
    ['half a value', { ...row(), h: Array.from({ length: 7 }, () => [0, 0.5, 0, 0]) }],
    ['less than no request', row({ count: -1 })],
    ['too many buckets', { ...row(), h: Array.from({ length: 7 }, () => [0, 0, 0, 0, 0]) }],
  ] as const)
    it(`tell of a report with ${what}`, () => {
      const metrics = open();
      expect(metrics.add([bad, row()])).to.equal(1);
      expect(metrics.exposition()).to.include(' 1\n');
    });
});
