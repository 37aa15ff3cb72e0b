import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { dashboards } from '../../../deploy/grafana/dashboards.ts';
import type { Dashboard } from '../../../deploy/grafana/dashboards.ts';
import { renderDashboard } from '../../../deploy/grafana/render.ts';
import type { FakeObject } from '../fake-api/store.ts';
import { makePair } from '../harness/certificates.ts';
import { apply } from '../harness/cluster.ts';
import { endpoints, ingress, service, tlsSecret } from '../harness/objects.ts';
import { pickyNginx } from '../harness/picky-nginx.ts';
import { eventually } from '../harness/poll.ts';
import { startPrometheus } from '../harness/prometheus.ts';
import { useStage } from '../harness/stage.ts';
import { makeWebhookClient } from '../harness/webhook.ts';
import { annotate, siteObjects } from './site.ts';

const deploy = join(import.meta.dirname, '..', '..', '..', 'deploy');
const PREFIX = 'nginx_ingress_controller_';
const POD = { name: 'controller-1', namespace: 'ingress-nginx' };

const C3 = ['controller_class', 'controller_namespace', 'controller_pod'];
const REQUEST = [...C3, 'status', 'method', 'path', 'namespace', 'ingress', 'service', 'canary', 'host'];
const CERTIFICATE = ['namespace', 'class', 'host', 'secret_name', 'identifier'];
const TIME = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const LENGTH = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100];
const SIZE = [10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000];

/** compat/metrics.md: all 36, with their types and labels. */
const METRICS: Readonly<
  Record<string, readonly [type: string, labels: readonly string[], bounds?: readonly number[]]>
> = {
  requests: ['counter', REQUEST],
  request_duration_seconds: ['histogram', REQUEST, TIME],
  connect_duration_seconds: ['histogram', REQUEST, TIME],
  header_duration_seconds: ['histogram', REQUEST, TIME],
  response_duration_seconds: ['histogram', REQUEST, TIME],
  request_size: ['histogram', REQUEST, LENGTH],
  response_size: ['histogram', REQUEST, LENGTH],
  bytes_sent: ['histogram', REQUEST, SIZE],
  nginx_process_connections_total: ['counter', [...C3, 'state']],
  nginx_process_requests_total: ['counter', C3],
  nginx_process_connections: ['gauge', [...C3, 'state']],
  nginx_process_num_procs: ['gauge', C3],
  nginx_process_cpu_seconds_total: ['counter', C3],
  nginx_process_read_bytes_total: ['counter', C3],
  nginx_process_write_bytes_total: ['counter', C3],
  nginx_process_resident_memory_bytes: ['gauge', C3],
  nginx_process_virtual_memory_bytes: ['gauge', C3],
  nginx_process_oldest_start_time_seconds: ['gauge', C3],
  build_info: ['gauge', [...C3, 'release', 'build', 'repository']],
  config_hash: ['gauge', C3],
  config_last_reload_successful: ['gauge', C3],
  config_last_reload_successful_timestamp_seconds: ['gauge', C3],
  success: ['counter', C3],
  errors: ['counter', C3],
  check_success: ['counter', [...C3, 'namespace', 'ingress']],
  check_errors: ['counter', [...C3, 'namespace', 'ingress']],
  ssl_expire_time_seconds: ['gauge', CERTIFICATE],
  ssl_certificate_info: [
    'gauge',
    [...CERTIFICATE, 'issuer_organization', 'issuer_common_name', 'serial_number', 'public_key_algorithm'],
  ],
  leader_election_status: ['gauge', [...C3, 'name']],
  orphan_ingress: ['gauge', [...C3, 'namespace', 'ingress', 'type']],
  admission_tested_ingresses: ['gauge', C3],
  admission_tested_duration: ['gauge', C3],
  admission_render_ingresses: ['gauge', C3],
  admission_render_duration: ['gauge', C3],
  admission_config_size: ['gauge', C3],
  admission_roundtrip_duration: ['gauge', C3],
};

/** Of those that only a target has. */
const OF_TARGET = ['__name__', 'instance', 'job'];

/** Of no value here; Prometheus knows no difference to a label that is not there. */
const EMPTY = ['canary', 'issuer_organization'];

/** As Prometheus names the label of a target that has one of its own: honorLabels is false here. */
const exported = (label: string) => (OF_TARGET.includes(label) ? `exported_${label}` : label);

/** What the dashboards of ingress-nginx ask for (compat/metrics.md, "Shipped Grafana dashboards"), in our words. */
const OTHERS: readonly string[] = [
  `round(sum(irate(${PREFIX}requests{controller_pod=~".*",controller_class=~".*"}[2m])), 0.001)`,
  `sum(avg_over_time(${PREFIX}nginx_process_connections{controller_pod=~".*",controller_class=~".*",controller_namespace=~".*",state="active"}[2m]))`,
  `sum(rate(${PREFIX}requests{status!~"[4-5].*"}[2m])) / sum(rate(${PREFIX}requests[2m]))`,
  `avg(irate(${PREFIX}success{controller_pod=~".*",controller_class=~".*"}[1m])) * 60`,
  `count(${PREFIX}config_last_reload_successful{controller_pod=~".*"} == 1)`,
  `sum(irate(${PREFIX}requests{ingress=~".*"}[2m])) by (ingress)`,
  `sum(irate(${PREFIX}request_size_sum{controller_pod=~".*"}[2m]))`,
  `- sum(irate(${PREFIX}response_size_sum{controller_pod=~".*"}[2m]))`,
  `avg(${PREFIX}nginx_process_resident_memory_bytes{controller_pod=~".*"})`,
  `avg(rate(${PREFIX}nginx_process_cpu_seconds_total{controller_pod=~".*"}[2m]))`,
  ...[0.5, 0.9, 0.99].map(
    (q) =>
      `histogram_quantile(${q}, sum(rate(${PREFIX}request_duration_seconds_bucket{ingress!="",ingress=~".*"}[2m])) by (le, ingress))`,
  ),
  `sum(increase(${PREFIX}request_duration_seconds_bucket{ingress!=""}[2m])) by (le)`,
  `avg(${PREFIX}ssl_expire_time_seconds) by (host) - time()`,
  `changes(${PREFIX}config_last_reload_successful_timestamp_seconds[30s])`,
  ...[0.5, 0.95, 0.99].map(
    (q) =>
      `histogram_quantile(${q}, sum by (le, method, host, path) (rate(${PREFIX}response_duration_seconds_bucket[5m])))`,
  ),
  `sum by (method, host, path) (rate(${PREFIX}request_duration_seconds_count[5m]))`,
  `sum by (method, host, path) (rate(${PREFIX}requests{status=~"[4-5].*"}[5m])) / sum by (method, host, path) (rate(${PREFIX}requests[5m]))`,
  `sum by (method, host, path) (rate(${PREFIX}response_duration_seconds_sum[5m]))`,
  `sum by (method, host, path) (rate(${PREFIX}response_size_sum[5m])) / sum by (method, host, path) (rate(${PREFIX}response_size_count[5m]))`,
  `sum by (method, host, path, le) (rate(${PREFIX}response_size_bucket[5m]))`,
];

describe('a real Prometheus', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web', { address: stage.address() });
    const api = await stage.api();
    const webhook = await makeWebhookClient(stage);
    stage.defer(webhook.close);
    const pod = {
      kind: 'Pod',
      metadata: { ...POD, labels: { app: 'tidegate' } },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    } as FakeObject;
    apply(api, pod);
    apply(
      api,
      ...siteObjects(web),
      tlsSecret('pair', await makePair('tls.test')),
      ingress('secure', {
        rules: { 'tls.test': 'web' },
        tls: [{ hosts: ['tls.test'], secretName: 'pair' }],
      }),
      ingress('lost', { rules: { 'lost.test': 'nobody' } }),
      service('empty'),
      ingress('empty', { rules: { 'empty.test': 'empty' } }),
      ...endpoints('empty', []),
    );
    const program = await stage.start({
      api,
      env: { NGINX_BINARY: pickyNginx(stage.folder), POD_NAME: POD.name, POD_NAMESPACE: POD.namespace },
      flags: ['--enable-metrics', '--sync-rate-limit=20', ...webhook.flags],
    });
    await program.logged(/Starting validation webhook/);
    const rules = [join(deploy, 'prometheus', 'alerts.yaml')];
    const prometheus = await startPrometheus(stage, program.ports.healthz, { rules });
    // What can go wrong goes wrong once.
    const withUid = (object: object) => {
      const made = object as { metadata: object };
      return { ...made, metadata: { ...made.metadata, uid: randomUUID() } };
    };
    await webhook.review(withUid(ingress('fresh', { rules: { 'fresh.test': 'web' } })));
    await webhook.review(withUid(ingress('taken', { rules: { 'a.test': 'web' } })));
    const annotations = annotate({ 'upstream-vhost': 'poison.test' });
    apply(api, ingress('bad', { rules: { 'bad.test': 'web' }, annotations }));
    await program.logged(/Unexpected failure reloading the backend/);
    const traffic = setInterval(() => {
      for (const host of ['a.test', 'lost.test', 'empty.test', 'tls.test'])
        program.http(host, '/').catch(() => undefined);
    }, 100);
    stage.defer(() => clearInterval(traffic));
    await program.https('tls.test', '/');
    return { program, prometheus };
  });

  for (const [name, [type, labels, bounds]] of Object.entries(METRICS))
    it(`has ${name} with its labels`, async () => {
      const { prometheus } = the();
      const shown = bounds === undefined ? PREFIX + name : `${PREFIX}${name}_count`;
      const [first] = await eventually(async () => {
        const found = await prometheus.query(shown);
        expect(found, shown).to.not.deep.equal([]);
        return found;
      });
      expect((await prometheus.types()).get(PREFIX + name)).to.equal(type);
      const own = Object.keys(first?.metric ?? {}).filter((label) => !OF_TARGET.includes(label));
      const filled = labels.map(exported).filter((label) => !EMPTY.includes(label));
      expect(own.toSorted()).to.deep.equal(filled.toSorted());
      if (bounds === undefined) return;
      const buckets = await prometheus.query(`${PREFIX}${name}_bucket`);
      const le = new Set(buckets.map(({ metric }) => metric['le']));
      const numbers = [...le].map((text) => Number(text?.replace('+Inf', 'Infinity')));
      expect(numbers.toSorted((a, b) => a - b)).to.deep.equal([...bounds, Infinity]);
    });

  it('shows data in each panel of the dashboards', async () => {
    const { prometheus } = the();
    for (const { panels } of dashboards)
      for (const { title, queries } of panels)
        for (const { expression } of queries) {
          const filled = expression
            .replaceAll('$__rate_interval', '1m')
            .replaceAll(/\$(?:controller_namespace|controller|ingress|host)\b/g, '.*');
          expect(filled).to.not.include('$');
          await eventually(async () =>
            expect(await prometheus.query(filled), `${title}: ${filled}`).to.not.deep.equal([]),
          );
        }
  });

  it('finds the values that can be chosen in dashboards', async () => {
    const { prometheus } = the();
    for (const { variables } of dashboards)
      for (const { metric, label } of variables)
        await eventually(async () => {
          const [first] = await prometheus.query(metric);
          expect(first?.metric, `${metric} ${label}`).to.have.property(label);
        });
  });

  for (const expression of OTHERS)
    it(`answers dashboards of ingress-nginx: ${expression}`, () =>
      eventually(async () => expect(await the().prometheus.query(expression)).to.not.deep.equal([])));

  it('knows the alerts', async () => {
    const { prometheus } = the();
    await eventually(async () => {
      const firing = await prometheus.query('ALERTS');
      const names = firing.map(({ metric }) => metric['alertname']);
      expect(names).to.include('TidegateObjectsInQuarantine');
    });
  });

  it('passes what the alerts are tested with', () => {
    const output = execFileSync('promtool', ['test', 'rules', 'alerts.test.yaml'], {
      cwd: join(deploy, 'prometheus'),
      encoding: 'utf8',
    });
    expect(output).to.include('SUCCESS');
  });
});

describe('dashboards for Grafana', () => {
  for (const dashboard of dashboards) {
    it(`${dashboard.file} is as the table says`, () =>
      expect(readFileSync(join(deploy, 'grafana', dashboard.file), 'utf8')).to.equal(
        renderDashboard(dashboard),
      ));

    it(`${dashboard.file} has panels that do not overlap`, () => {
      const { panels } = JSON.parse(renderDashboard(dashboard)) as {
        readonly panels: readonly { gridPos: { x: number; y: number; w: number; h: number } }[];
      };
      const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`),
      );
      expect(new Set(cells).size).to.equal(cells.length);
      expect(panels.length).to.equal((dashboard satisfies Dashboard).panels.length);
    });
  }
});
