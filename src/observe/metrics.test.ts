import { expect } from 'chai';
import { inOneGo } from '../lib/slices.ts';
import { readFamilies } from '../testing/builders/metric-families.ts';
import { createMetrics } from './metrics.ts';
import type { Metrics } from './metrics.ts';
import { encodeFamilies } from './protobuf.ts';

const LABELS = {
  controller_class: 'k8s.io/ingress-nginx',
  controller_namespace: 'ingress-nginx',
  controller_pod: 'pod-1',
} as const;
const FACTS = {
  build: { version: 'v1', build: 'b', repository: 'r' },
  nginx: { version: '1.30.6', knownFaults: 3 },
  webhook: 'on',
} as const;
const SHOWN =
  '{controller_class="k8s.io/ingress-nginx",controller_namespace="ingress-nginx",controller_pod="pod-1"}';

/** The value of a metric with the labels of the controller, or null. */
async function valueOf(metrics: Metrics, name: string): Promise<number | null> {
  const { text } = await metrics.exposition();
  const line = text
    .split('\n')
    .find((entry) => entry.startsWith(`nginx_ingress_controller_${name}${SHOWN} `));
  return line === undefined ? null : Number(line.split(' ').at(-1));
}

describe('metrics', () => {
  it('tell what runs, and what is known against it', async () => {
    const { text } = await createMetrics(LABELS, FACTS).exposition();
    const start = SHOWN.slice(0, -1);
    expect(text)
      .to.include(`nginx_ingress_controller_build_info${start},release="v1",build="b",repository="r"} 1`)
      .and.include(`nginx_ingress_controller_nginx_known_vulnerabilities${start},version="1.30.6"} 3`);
  });

  it('call the configuration good again when what serves is wanted again', async () => {
    const metrics = createMetrics(LABELS, FACTS);
    metrics.applied('1');
    metrics.refused();
    expect(await valueOf(metrics, 'config_last_reload_successful')).to.equal(0);
    metrics.inForce();
    expect(await valueOf(metrics, 'config_last_reload_successful')).to.equal(1);
    expect(await valueOf(metrics, 'success')).to.equal(1);
  });

  it('count what was brought into force and what was refused', async () => {
    const metrics = createMetrics(LABELS, FACTS);
    metrics.applied('123');
    metrics.applied('124');
    metrics.refused();
    expect(await valueOf(metrics, 'success')).to.equal(2);
    expect(await valueOf(metrics, 'errors')).to.equal(1);
    expect(await valueOf(metrics, 'config_hash')).to.equal(124);
  });

  it('say whether the last reload was successful, and when one was', async () => {
    const metrics = createMetrics(LABELS, FACTS);
    const before = Math.floor(Date.now() / 1000);
    metrics.applied('1');
    expect(await valueOf(metrics, 'config_last_reload_successful')).to.equal(1);
    const since = await valueOf(metrics, 'config_last_reload_successful_timestamp_seconds');
    expect(since).to.be.within(before, Date.now() / 1000);
    metrics.refused();
    expect(await valueOf(metrics, 'config_last_reload_successful')).to.equal(0);
    expect(await valueOf(metrics, 'config_last_reload_successful_timestamp_seconds')).to.equal(since);
  });

  it('show checksums of 64 bits as numbers that a float holds', async () => {
    const metrics = createMetrics(LABELS, FACTS);
    const checksum = 2n ** 64n - 1n;
    metrics.applied(String(checksum));
    expect(await valueOf(metrics, 'config_hash')).to.equal(Number(checksum % 2n ** 53n));
  });

  it('show what there is now', async () => {
    const metrics = createMetrics(LABELS, FACTS);
    metrics.hosts({ ingresses: 5, hosts: 3 });
    metrics.problems(2);
    metrics.hosts({ ingresses: 1, hosts: 2 });
    metrics.draining({ generations: 3, workers: 6 });
    const names = ['ingresses', 'hosts', 'problems', 'draining_generations', 'draining_workers'] as const;
    expect(await Promise.all(names.map((name) => valueOf(metrics, name)))).to.deep.equal([1, 2, 2, 3, 6]);
  });

  it('come in the text format of Prometheus, with those of the process', async () => {
    const { contentType, text } = await createMetrics(LABELS, FACTS).exposition();
    expect(contentType).to.include('text/plain');
    expect(text).to.include('# TYPE process_resident_memory_bytes gauge');
  });

  it('are the same in the protobuf form', async () => {
    const metrics = createMetrics(LABELS, FACTS);
    metrics.stages.took('check', 70);
    metrics.applied('5');
    const { text } = await metrics.exposition();
    const families = readFamilies(inOneGo(encodeFamilies(await metrics.families())));
    const kinds = ['counter', 'gauge', 'summary', 'untyped', 'histogram'];
    // Those without a sample have no more than a head in the text. What Node does between two scrapes is not the same.
    const shown = [...text.matchAll(/^# TYPE (\S+ \S+)\n[a-z]/gm)].map(([, head = '']) => head);
    const isOurs = (head: string) => !head.startsWith('nodejs_');
    const heads = families.map(({ name, type }) => `${name} ${kinds[type]}`);
    expect(heads.filter(isOurs)).to.deep.equal(shown.filter(isOurs));
    expect(heads).to.include('nodejs_version_info gauge');
    const named = (name: string) =>
      families.find((family) => family.name === `nginx_ingress_controller_${name}`);
    expect(named('config_hash')?.metrics).to.deep.equal([
      { labels: LABELS, counter: null, gauge: 5, histogram: null },
    ]);
    expect(named('success')?.metrics[0]?.counter).to.equal(1);
    const [stage] = named('stage_duration_seconds')?.metrics ?? [];
    expect(stage?.labels).to.deep.equal({ ...LABELS, stage: 'check' });
    expect(stage?.histogram).to.deep.include({ count: 1, sum: 0.07, native: null });
    expect(stage?.histogram?.buckets.slice(0, 6)).to.deep.equal([
      [0.005, 0],
      [0.01, 0],
      [0.025, 0],
      [0.05, 0],
      [0.1, 1],
      [0.25, 1],
    ]);
    expect(stage?.histogram?.buckets).to.have.length(12);
  });

  it('say of a start that nothing serves yet', async () => {
    const metrics = createMetrics(LABELS, FACTS);
    const names = ['config_hash', 'config_last_reload_successful', 'success'] as const;
    expect(await Promise.all(names.map((name) => valueOf(metrics, name)))).to.deep.equal([0, 0, null]);
  });

  it('count scrapes', async () => {
    const metrics = createMetrics(LABELS, FACTS);
    await metrics.exposition();
    const { text } = await metrics.exposition();
    expect(text).to.include('promhttp_metric_handler_requests_total{code="200"} 1');
    expect(text).to.include('promhttp_metric_handler_requests_total{code="503"} 0');
    expect(text).to.include('promhttp_metric_handler_requests_in_flight 1');
  });

  it('show the last review that was accepted, and count all', async () => {
    const metrics = createMetrics(LABELS, FACTS);
    const review = { namespace: 'shop', ingress: 'web', considered: 3, tested: 1, bytes: 5000 } as const;
    expect(await valueOf(metrics, 'admission_config_size')).to.equal(0);
    metrics.reviewed?.({ ...review, outcome: 'accepted', milliseconds: { before: 4, test: 16.4 } });
    metrics.reviewed?.({ ...review, outcome: 'refused', bytes: 1, milliseconds: { before: 900, test: 900 } });
    const { text } = await metrics.exposition();
    const values = Object.fromEntries(
      [...text.matchAll(/^nginx_ingress_controller_admission_(\w+)\{[^}]*\} (.*)$/gm)].map(
        ([, name = '', value]) => [name, Number(value)],
      ),
    );
    expect(values).to.deep.equal({
      tested_ingresses: 1,
      tested_duration: 0.016,
      render_ingresses: 3,
      render_duration: 0.004,
      config_size: 5000,
      roundtrip_duration: 0.02,
    });
    for (const name of ['check_success', 'check_errors'])
      expect(text).to.include(`_${name}${SHOWN.slice(0, -1)},namespace="shop",ingress="web"} 1`);
  });

  it('say nothing of reviews without a webhook', async () => {
    const metrics = createMetrics(LABELS, { ...FACTS, webhook: 'off' });
    expect(metrics.reviewed).to.equal(null);
    expect((await metrics.exposition()).text).to.not.match(/admission_|check_/);
  });

  it('time stages, and count what is sent to the workers', async () => {
    const metrics = createMetrics(LABELS, FACTS);
    metrics.stages.took('check', 70);
    metrics.stages.sent(4);
    metrics.stages.unsent();
    const { text } = await metrics.exposition();
    const start = `stage_duration_seconds_bucket{le="`;
    expect(text).to.include(`${start}0.05",${SHOWN.slice(1, -1)},stage="check"} 0`);
    expect(text).to.include(`${start}0.1",${SHOWN.slice(1, -1)},stage="check"} 1`);
    expect(await valueOf(metrics, 'live_changes_total')).to.equal(4);
    expect(await valueOf(metrics, 'live_failures_total')).to.equal(1);
  });

  it('are kept apart for each controller of a process', async () => {
    const [one, two] = [createMetrics(LABELS, FACTS), createMetrics(LABELS, FACTS)];
    one.applied('1');
    expect(await valueOf(one, 'config_hash')).to.equal(1);
    expect(await valueOf(two, 'config_hash')).to.equal(0);
  });
});
