import { expect } from 'chai';
import { createRequestMetrics } from './request-metrics.ts';
import type { RequestMetricsOptions } from './request-metrics.ts';

const usual: RequestMetricsOptions = {
  labels: { controller_pod: 'pod' },
  perHost: true,
  undefinedHosts: false,
  statusClasses: false,
  excluded: new Set(),
  buckets: { time: [0.1, 1], length: [10, 100], size: [1000, 1_000_000] },
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

  for (const [what, bad] of [
    ['text', 'x'],
    ['too few labels', { ...row(), l: ['a.test'] }],
    ['a label that is no text', { ...row(), l: [1, 2, 3, 4, 5, 6, 7, 8] }],
    ['too few histograms', { ...row(), h: [] }],
    ['a bucket that is no number', { ...row(), h: Array.from({ length: 7 }, () => [0, 'x', 0, 0]) }],
    ['too many buckets', { ...row(), h: Array.from({ length: 7 }, () => [0, 0, 0, 0, 0]) }],
  ] as const)
    it(`tell of a report with ${what}`, () => {
      const metrics = open();
      expect(metrics.add([bad, row()])).to.equal(1);
      expect(metrics.exposition()).to.include(' 1\n');
    });
});
