/** The dashboards for Grafana as tables: what each panel asks Prometheus. `node deploy/grafana/write.ts` makes the files. */

export interface Query {
  readonly expression: string;
  /** Name of a line, with labels in double braces. */
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  readonly kind: 'timeseries' | 'stat' | 'table' | 'heatmap';
  /** As Grafana names it. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Of 24. */
  readonly width: number;
  readonly description: string;
}

export interface Dashboard {
  readonly file: string;
  readonly uid: string;
  readonly title: string;
  readonly variables: readonly Variable[];
  readonly panels: readonly Panel[];
}

export interface Variable {
  readonly name: string;
  readonly title: string;
  /** Label of the metric whose values can be chosen. */
  readonly label: string;
  readonly metric: string;
}

const P = 'nginx_ingress_controller_';
const OURS = 'controller_namespace=~"$controller_namespace",controller_pod=~"$controller"';
// With the usual honorLabels: false the label `namespace` of requests comes as `exported_namespace`; both are matched by its absence.
const TRAFFIC = `${OURS},ingress=~"$ingress",host=~"$host"`;
const WINDOW = '[$__rate_interval]';

const line = (expression: string, legend: string): Query => ({ expression, legend });
const rate = (metric: string, labels: string) => `rate(${P}${metric}{${labels}}${WINDOW})`;
const share = (part: string, all: string, by: string) => `sum by (${by}) (${part}) / sum by (${by}) (${all})`;
const quantile = (q: number, metric: string, by: string) =>
  `histogram_quantile(${q}, sum by (${['le', by].filter((one) => one !== '').join(', ')}) (${rate(`${metric}_bucket`, TRAFFIC)}))`;
const quantiles = (metric: string) =>
  [0.5, 0.9, 0.99].map((q) => line(quantile(q, metric, ''), `${q * 100} % are faster than`));

const CONTROLLER: readonly Variable[] = [
  {
    name: 'controller_namespace',
    title: 'Namespace',
    label: 'controller_namespace',
    metric: `${P}config_hash`,
  },
  { name: 'controller', title: 'Controller', label: 'controller_pod', metric: `${P}config_hash` },
];

const traffic: Dashboard = {
  file: 'requests.json',
  uid: 'tidegate-requests',
  title: 'Tidegate: requests',
  variables: [
    ...CONTROLLER,
    { name: 'ingress', title: 'Ingress', label: 'ingress', metric: `${P}requests` },
    { name: 'host', title: 'Host', label: 'host', metric: `${P}requests` },
  ],
  panels: [
    {
      title: 'Requests a second',
      kind: 'stat',
      unit: 'reqps',
      width: 6,
      description: 'All requests that were answered.',
      queries: [line(`sum(${rate('requests', TRAFFIC)})`, 'requests')],
    },
    {
      title: 'Answered well',
      kind: 'stat',
      unit: 'percentunit',
      width: 6,
      description: 'Share of answers that are neither 4xx nor 5xx.',
      queries: [
        line(
          `sum(${rate('requests', `${TRAFFIC},status!~"[45].*"`)}) / sum(${rate('requests', TRAFFIC)})`,
          'good',
        ),
      ],
    },
    {
      title: '99 % are faster than',
      kind: 'stat',
      unit: 's',
      width: 6,
      description: 'Time from the first byte of a request to the last byte of its answer.',
      queries: [line(quantile(0.99, 'request_duration_seconds', ''), 'all')],
    },
    {
      title: 'Clients connected',
      kind: 'stat',
      unit: 'short',
      width: 6,
      description: 'Open connections of clients.',
      queries: [line(`sum(${P}nginx_process_connections{${OURS},state="active"})`, 'connections')],
    },
    {
      title: 'Requests by Ingress',
      kind: 'timeseries',
      unit: 'reqps',
      width: 12,
      description: 'An Ingress whose line ends gets no requests any more.',
      queries: [line(`sum by (ingress) (${rate('requests', TRAFFIC)})`, '{{ingress}}')],
    },
    {
      title: 'Errors by Ingress',
      kind: 'timeseries',
      unit: 'percentunit',
      width: 12,
      description: 'Share of answers with 5xx.',
      queries: [
        line(
          share(rate('requests', `${TRAFFIC},status=~"5.*"`), rate('requests', TRAFFIC), 'ingress'),
          '{{ingress}}',
        ),
      ],
    },
    {
      title: 'Answers by status',
      kind: 'timeseries',
      unit: 'reqps',
      width: 12,
      description: 'What clients get.',
      queries: [line(`sum by (status) (${rate('requests', TRAFFIC)})`, '{{status}}')],
    },
    {
      title: 'Time of requests',
      kind: 'timeseries',
      unit: 's',
      width: 12,
      description: 'With the time that clients take to send and to read.',
      queries: quantiles('request_duration_seconds'),
    },
    {
      title: 'Time of endpoints',
      kind: 'timeseries',
      unit: 's',
      width: 12,
      description: 'What the endpoints take alone, to the end of their answers.',
      queries: quantiles('response_duration_seconds'),
    },
    {
      title: 'Times of requests, all',
      kind: 'heatmap',
      unit: 's',
      width: 12,
      description: 'How many requests took how long.',
      queries: [
        line(`sum by (le) (increase(${P}request_duration_seconds_bucket{${TRAFFIC}}${WINDOW}))`, '{{le}}'),
      ],
    },
    {
      title: 'Bytes in and out',
      kind: 'timeseries',
      unit: 'Bps',
      width: 12,
      description: 'Headers included.',
      queries: [
        line(`sum(${rate('request_size_sum', TRAFFIC)})`, 'in'),
        line(`-sum(${rate('response_size_sum', TRAFFIC)})`, 'out'),
      ],
    },
    {
      title: 'By host and path',
      kind: 'table',
      unit: 's',
      width: 12,
      description: 'Time that 95 % of the requests for a path do not exceed.',
      queries: [line(quantile(0.95, 'request_duration_seconds', 'ingress, host, path'), '')],
    },
  ],
};

const operation: Dashboard = {
  file: 'controller.json',
  uid: 'tidegate-controller',
  title: 'Tidegate: controllers',
  variables: CONTROLLER,
  panels: [
    {
      title: 'Last configuration',
      kind: 'stat',
      unit: 'bool',
      width: 6,
      description: 'Whether the last configuration came into force: 1 is good.',
      queries: [line(`min(${P}config_last_reload_successful{${OURS}})`, 'good')],
    },
    {
      title: 'In quarantine',
      kind: 'stat',
      unit: 'short',
      width: 6,
      description: 'Objects and settings that nginx refused. `/dbg quarantine` tells which and why.',
      queries: [line(`max(sum by (controller_pod) (${P}quarantined{${OURS}}))`, 'objects')],
    },
    {
      title: 'Problems',
      kind: 'stat',
      unit: 'short',
      width: 6,
      description: 'What is wrong in the objects of users; the log and Events tell more.',
      queries: [line(`max(${P}problems{${OURS}})`, 'problems')],
    },
    {
      title: 'First certificate ends in',
      kind: 'stat',
      unit: 's',
      width: 6,
      description: 'Of those of hosts, without the one that stands in for none.',
      queries: [line(`min(${P}ssl_expire_time_seconds{host!="_"}) - time()`, 'left')],
    },
    {
      title: 'Reloads',
      kind: 'timeseries',
      unit: 'short',
      width: 12,
      description: 'Configurations that came into force, and those that nginx refused, in a minute.',
      queries: [
        line(`sum(${rate('success', OURS)}) * 60`, 'in force'),
        line(`sum(${rate('errors', OURS)}) * 60 or vector(0)`, 'refused'),
      ],
    },
    {
      title: 'Changes without a reload',
      kind: 'timeseries',
      unit: 'short',
      width: 12,
      description: 'Endpoints, certificates and hosts that workers were told about, a second.',
      queries: [
        line(`sum(${rate('live_changes_total', OURS)})`, 'changes'),
        line(`sum(${rate('live_failures_total', OURS)})`, 'failures'),
      ],
    },
    {
      title: 'Time of stages',
      kind: 'timeseries',
      unit: 's',
      width: 12,
      description: 'From objects to a proven reload, on average.',
      queries: [
        line(
          `sum by (stage) (${rate('stage_duration_seconds_sum', OURS)}) / sum by (stage) (${rate('stage_duration_seconds_count', OURS)})`,
          '{{stage}}',
        ),
      ],
    },
    {
      title: 'Older workers',
      kind: 'timeseries',
      unit: 'short',
      width: 12,
      description: 'Workers of older configurations that still finish requests.',
      queries: [line(`sum by (controller_pod) (${P}draining_workers{${OURS}})`, '{{controller_pod}}')],
    },
    {
      title: 'Age of what is known',
      kind: 'timeseries',
      unit: 's',
      width: 12,
      description: 'Seconds since the API server last said something about a kind of objects.',
      queries: [line(`max by (kind) (${P}watch_age_seconds{${OURS}})`, '{{kind}}')],
    },
    {
      title: 'Memory',
      kind: 'timeseries',
      unit: 'bytes',
      width: 12,
      description: 'Of nginx with all of its workers, and of the controller.',
      queries: [
        line(`avg(${P}nginx_process_resident_memory_bytes{${OURS}})`, 'nginx'),
        line(
          'avg(process_resident_memory_bytes * on (instance) group_left () (0 * group by (instance) (nginx_ingress_controller_config_hash{' +
            OURS +
            '}) + 1))',
          'controller',
        ),
      ],
    },
    {
      title: 'CPU',
      kind: 'timeseries',
      unit: 'short',
      width: 12,
      description: 'Seconds of the system for nginx, and of the event loop’s lag in the controller.',
      queries: [
        line(`avg(${rate('nginx_process_cpu_seconds_total', OURS)})`, 'nginx'),
        line('max(nodejs_eventloop_lag_p99_seconds)', 'event loop lag'),
      ],
    },
    {
      title: 'Certificates',
      kind: 'table',
      unit: 's',
      width: 12,
      description: 'Seconds until the certificate of a host ends.',
      queries: [line(`avg by (host) (${P}ssl_expire_time_seconds) - time()`, '')],
    },
    {
      title: 'Ingresses that lead to nobody',
      kind: 'table',
      unit: 'short',
      width: 12,
      description: 'Their Service does not exist, or has no endpoint.',
      queries: [
        line(`max by (exported_namespace, namespace, ingress, type) (${P}orphan_ingress{${OURS}}) == 1`, ''),
      ],
    },
    {
      title: 'Reviews',
      kind: 'timeseries',
      unit: 's',
      width: 12,
      description: 'Time of the last review of the admission webhook.',
      queries: [line(`max(${P}admission_roundtrip_duration{${OURS}})`, 'last review')],
    },
  ],
};

export const dashboards: readonly Dashboard[] = [traffic, operation];
