// The chart through helm, which this builds when it is not there: minutes the first time. `npm run chart`.
// With KUBECONFIG an API server judges the objects, too (dry run: nothing is created).
import { execFile, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';

const root = fileURLToPath(new URL('..', import.meta.url));
const script = join(root, 'scripts/manifests.mjs');
const run = promisify(execFile);
const manyBytes = { cwd: root, maxBuffer: 64 << 20 };

interface Rendered {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: Record<string, unknown>;
  readonly [field: string]: unknown;
}

let helm = '';
before(async function () {
  this.timeout(900_000);
  const { stdout } = await run(process.execPath, [script, '--helm'], manyBytes);
  helm = stdout.trim();
});

interface Options {
  readonly release?: string;
  readonly kubernetes?: string;
}

/** Renders the chart with the given values, also through `helm lint`. */
async function text(values: object, options: Options = {}): Promise<string> {
  const kubernetes = [
    '--kube-version',
    options.kubernetes ?? '1.34',
    '--namespace',
    'default',
    '--values',
    '-',
  ];
  const call = (...args: readonly string[]) => {
    const result = spawnSync(helm, [...args, ...kubernetes], {
      ...manyBytes,
      encoding: 'utf8',
      input: JSON.stringify(values),
    });
    if (result.status !== 0) throw new Error(`${result.stdout}${result.stderr}`);
    return result.stdout;
  };
  call('lint', '--strict', 'deploy/chart');
  return call('template', options.release ?? 'ingress-nginx', 'deploy/chart');
}

async function render(values: object, options: Options = {}): Promise<readonly Rendered[]> {
  const documents = parseAllDocuments(await text(values, options), { uniqueKeys: true });
  for (const document of documents) expect(document.errors, String(document)).to.deep.equal([]);
  return documents.map((document) => document.toJS() as Rendered | null).filter((object) => object !== null);
}

const idOf = ({ kind, metadata }: Rendered): string => `${kind} ${metadata.name}`;
const ids = (objects: readonly Rendered[]): readonly string[] => objects.map(idOf).sort();

function find(objects: readonly Rendered[], id: string): Rendered {
  const found = objects.filter((object) => idOf(object) === id);
  expect(found, `${id} in ${ids(objects).join(', ')}`).to.have.length(1);
  return found[0] as Rendered;
}

// oxlint-disable-next-line typescript/no-explicit-any -- the shape is what is under test
const podOf = (object: Rendered): any => (object.spec as any).template.spec;
const controllerId = 'Deployment ingress-nginx-controller';
const argsOf = (objects: readonly Rendered[], id = controllerId): readonly string[] =>
  podOf(find(objects, id)).containers[0].args;

const always = [
  'ClusterRole ingress-nginx',
  'ClusterRoleBinding ingress-nginx',
  'ConfigMap ingress-nginx-controller',
  'Deployment ingress-nginx-controller',
  'IngressClass nginx',
  'Role ingress-nginx',
  'RoleBinding ingress-nginx',
  'Service ingress-nginx-controller',
  'ServiceAccount ingress-nginx',
];
const webhook = [
  'Service ingress-nginx-controller-admission',
  'ValidatingWebhookConfiguration ingress-nginx-admission',
];
const jobs = [
  'ClusterRole ingress-nginx-admission',
  'ClusterRoleBinding ingress-nginx-admission',
  'Job ingress-nginx-admission-create',
  'Job ingress-nginx-admission-patch',
  'Role ingress-nginx-admission',
  'RoleBinding ingress-nginx-admission',
  'ServiceAccount ingress-nginx-admission',
];
const usual = [...always, ...webhook, ...jobs];

interface Variant {
  readonly values: object;
  /** Objects beyond the usual ones. */
  readonly more?: readonly string[];
  readonly less?: readonly string[];
  readonly check?: (objects: readonly Rendered[]) => void;
}

const scalingTarget = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'ingress-nginx-controller' };
const backendId = 'Deployment ingress-nginx-defaultbackend';

const variants: Readonly<Record<string, Variant>> = {
  'no values': {
    values: {},
    check: (objects) => {
      expect(find(objects, 'Service ingress-nginx-controller').spec['type']).to.equal('LoadBalancer');
      expect(find(objects, controllerId).spec['replicas']).to.equal(1);
      expect(argsOf(objects)[1]).to.equal('--publish-service=$(POD_NAMESPACE)/ingress-nginx-controller');
      for (const id of jobs) {
        expect(find(objects, id).metadata.annotations).to.include({
          'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded',
        });
      }
      const hook = (name: string) =>
        find(objects, `Job ingress-nginx-admission-${name}`).metadata.annotations?.['helm.sh/hook'];
      expect([hook('create'), hook('patch')]).to.deep.equal([
        'pre-install,pre-upgrade',
        'post-install,post-upgrade',
      ]);
    },
  },
  'the network of the host': {
    values: { controller: { hostNetwork: true, reportNodeInternalIp: true, hostPort: { enabled: true } } },
    check: (objects) => {
      const pod = podOf(find(objects, controllerId));
      expect([pod.hostNetwork, pod.dnsPolicy]).to.deep.equal([true, 'ClusterFirst']);
      expect(pod.containers[0].ports.map((port: { hostPort?: number }) => port.hostPort)).to.deep.equal([
        80,
        443,
        undefined,
      ]);
      expect(argsOf(objects)).to.include('--report-node-internal-ip-address=true');
    },
  },
  'a DaemonSet, whatever else is asked for': {
    values: {
      controller: {
        kind: 'DaemonSet',
        replicaCount: 3,
        autoscaling: { enabled: true },
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      },
    },
    more: ['DaemonSet ingress-nginx-controller'],
    less: [controllerId],
    check: (objects) => {
      const { spec } = find(objects, 'DaemonSet ingress-nginx-controller');
      expect(spec).to.not.have.any.keys('replicas', 'strategy');
      expect(spec['updateStrategy']).to.deep.equal({
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable: 1 },
      });
    },
  },
  autoscaling: {
    values: {
      controller: { autoscaling: { enabled: true, minReplicas: 2, targetMemoryUtilizationPercentage: 0 } },
    },
    more: [
      'HorizontalPodAutoscaler ingress-nginx-controller',
      'PodDisruptionBudget ingress-nginx-controller',
    ],
    check: (objects) => {
      expect(find(objects, controllerId).spec).to.not.have.property('replicas');
      const scaler = find(objects, 'HorizontalPodAutoscaler ingress-nginx-controller');
      expect(scaler.apiVersion).to.equal('autoscaling/v2');
      expect(scaler.spec).to.deep.equal({
        scaleTargetRef: scalingTarget,
        minReplicas: 2,
        maxReplicas: 11,
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
          },
        ],
      });
    },
  },
  KEDA: {
    values: {
      controller: { keda: { enabled: true, fallback: { failureThreshold: 5 }, triggers: [{ type: 'cpu' }] } },
    },
    more: ['ScaledObject ingress-nginx-controller'],
    check: (objects) => {
      expect(find(objects, controllerId).spec).to.not.have.property('replicas');
      expect(find(objects, 'ScaledObject ingress-nginx-controller').spec).to.deep.include({
        scaleTargetRef: { name: 'ingress-nginx-controller' },
        fallback: { failureThreshold: 5, replicas: 11 },
      });
    },
  },
  'autoscaling and KEDA at once': {
    values: { controller: { autoscaling: { enabled: true }, keda: { enabled: true }, replicaCount: 4 } },
    more: ['PodDisruptionBudget ingress-nginx-controller'],
    check: (objects) => expect(find(objects, controllerId).spec['replicas']).to.equal(4),
  },
  'two replicas': {
    values: { controller: { replicaCount: 2 } },
    more: ['PodDisruptionBudget ingress-nginx-controller'],
    check: (objects) =>
      expect(find(objects, 'PodDisruptionBudget ingress-nginx-controller').spec['minAvailable']).to.equal(1),
  },
  'two replicas with maxUnavailable': {
    values: {
      controller: { replicaCount: 2, maxUnavailable: '50%', unhealthyPodEvictionPolicy: 'AlwaysAllow' },
    },
    more: ['PodDisruptionBudget ingress-nginx-controller'],
    check: (objects) => {
      const { spec } = find(objects, 'PodDisruptionBudget ingress-nginx-controller');
      expect(spec).to.include({ maxUnavailable: '50%', unhealthyPodEvictionPolicy: 'AlwaysAllow' });
      expect(spec).to.not.have.property('minAvailable');
    },
  },
  monitoring: {
    values: {
      controller: {
        metrics: {
          enabled: true,
          serviceMonitor: { enabled: true, additionalLabels: { release: 'prometheus' }, sampleLimit: 5000 },
          prometheusRule: { enabled: true, rules: [{ alert: 'Down', expr: 'up == 0' }] },
        },
      },
    },
    more: [
      'PrometheusRule ingress-nginx-controller',
      'Service ingress-nginx-controller-metrics',
      'ServiceMonitor ingress-nginx-controller',
    ],
    check: (objects) => {
      expect(argsOf(objects)).to.include('--enable-metrics=true');
      const monitor = find(objects, 'ServiceMonitor ingress-nginx-controller');
      expect(monitor.metadata.labels).to.include({ release: 'prometheus' });
      expect(monitor.spec).to.deep.include({
        namespaceSelector: { matchNames: ['default'] },
        endpoints: [{ port: 'metrics', interval: '30s' }],
        sampleLimit: 5000,
      });
    },
  },
  'one namespace, without a ClusterRole': {
    values: { rbac: { scope: true }, controller: { scope: { enabled: true } } },
    less: ['ClusterRole ingress-nginx', 'ClusterRoleBinding ingress-nginx'],
    check: (objects) => expect(argsOf(objects)).to.include('--watch-namespace=$(POD_NAMESPACE)'),
  },
  'one other namespace': {
    values: {
      controller: { scope: { enabled: true, namespace: 'web' }, extraArgs: { 'update-status': 'false' } },
    },
    check: (objects) => {
      expect(argsOf(objects)).to.include.members(['--watch-namespace=web', '--update-status=false']);
      const rules = JSON.stringify(find(objects, 'ClusterRole ingress-nginx')['rules']);
      expect(rules).to.contain('"resources":["configmaps","nodes","pods","secrets"]');
      expect(rules).to.contain('"resources":["namespaces"],"resourceNames":["web"],"verbs":["get"]');
      expect(rules).to.contain('ingresses/status');
      expect(JSON.stringify(find(objects, 'Role ingress-nginx')['rules'])).to.not.contain('ingresses/status');
    },
  },
  'TCP and UDP': {
    values: {
      tcp: { 9000: 'default/tcp:9000' },
      udp: { 53: 'kube-system/kube-dns:53' },
      portNamePrefix: 'in',
      controller: { service: { nodePorts: { tcp: { 9000: 31900 } } } },
    },
    more: ['ConfigMap ingress-nginx-tcp', 'ConfigMap ingress-nginx-udp'],
    check: (objects) => {
      expect(find(objects, 'ConfigMap ingress-nginx-tcp')['data']).to.deep.equal({
        9000: 'default/tcp:9000',
      });
      expect(argsOf(objects)).to.include.members([
        '--tcp-services-configmap=$(POD_NAMESPACE)/ingress-nginx-tcp',
        '--udp-services-configmap=$(POD_NAMESPACE)/ingress-nginx-udp',
      ]);
      const ports = find(objects, 'Service ingress-nginx-controller').spec['ports'] as readonly object[];
      expect(ports.slice(2)).to.deep.equal([
        { name: 'in-9000-tcp', port: 9000, protocol: 'TCP', targetPort: 'in-9000-tcp', nodePort: 31900 },
        { name: 'in-53-udp', port: 53, protocol: 'UDP', targetPort: 'in-53-udp' },
      ]);
    },
  },
  'a default backend with everything': {
    values: {
      defaultBackend: {
        enabled: true,
        replicaCount: 2,
        networkPolicy: { enabled: true },
        extraConfigMaps: [{ name: 'pages', data: { 404: 'not here' } }],
        extraVolumes: [{ name: 'pages', configMap: { name: '{{ "pages" }}' } }],
      },
    },
    more: [
      'ConfigMap pages',
      'Deployment ingress-nginx-defaultbackend',
      'NetworkPolicy ingress-nginx-defaultbackend',
      'PodDisruptionBudget ingress-nginx-defaultbackend',
      'Service ingress-nginx-defaultbackend',
      'ServiceAccount ingress-nginx-backend',
    ],
    check: (objects) => {
      expect(argsOf(objects)[1]).to.equal(
        '--default-backend-service=$(POD_NAMESPACE)/ingress-nginx-defaultbackend',
      );
      const pod = podOf(find(objects, backendId));
      expect(pod.containers[0].image).to.equal('registry.k8s.io/defaultbackend-amd64:1.5');
      expect(pod.volumes).to.deep.equal([{ name: 'pages', configMap: { name: 'pages' } }]);
    },
  },
  'a default backend that scales': {
    values: { defaultBackend: { enabled: true, autoscaling: { enabled: true } } },
    more: [
      'Deployment ingress-nginx-defaultbackend',
      'HorizontalPodAutoscaler ingress-nginx-defaultbackend',
      'Service ingress-nginx-defaultbackend',
      'ServiceAccount ingress-nginx-backend',
    ],
  },
  'cert-manager': {
    values: { controller: { admissionWebhooks: { certManager: { enabled: true } } } },
    less: jobs,
    more: [
      'Certificate ingress-nginx-admission',
      'Certificate ingress-nginx-root-cert',
      'Issuer ingress-nginx-root-issuer',
      'Issuer ingress-nginx-self-signed-issuer',
    ],
    check: (objects) => {
      const service = 'ingress-nginx-controller-admission';
      expect(find(objects, 'Certificate ingress-nginx-admission').spec['dnsNames']).to.deep.equal([
        service,
        `${service}.default`,
        `${service}.default.svc`,
      ]);
      expect(
        find(objects, 'ValidatingWebhookConfiguration ingress-nginx-admission').metadata.annotations,
      ).to.include({ 'cert-manager.io/inject-ca-from': 'default/ingress-nginx-admission' });
      expect(podOf(find(objects, controllerId)).volumes[0].secret.items).to.deep.equal([
        { key: 'tls.crt', path: 'cert' },
        { key: 'tls.key', path: 'key' },
      ]);
    },
  },
  'cert-manager with an issuer that exists': {
    values: {
      controller: {
        admissionWebhooks: {
          certManager: { enabled: true, issuerRef: { name: 'corp', kind: 'ClusterIssuer' } },
        },
      },
    },
    less: jobs,
    more: ['Certificate ingress-nginx-admission'],
  },
  'no webhook': {
    values: { controller: { admissionWebhooks: { enabled: false } } },
    less: [...webhook, ...jobs],
    check: (objects) => {
      expect(argsOf(objects).join(' ')).to.not.contain('webhook');
      expect(podOf(find(objects, controllerId))).to.not.have.property('volumes');
    },
  },
  'labels of your own': {
    values: {
      // What selects pods stays; everything else may be changed, and nothing appears twice.
      commonLabels: {
        team: 'edge',
        'app.kubernetes.io/part-of': 'platform',
        'app.kubernetes.io/name': 'other',
      },
      controller: { labels: { tier: 1 }, podLabels: { canary: true } },
    },
    check: (objects) => {
      for (const { metadata } of objects) {
        expect(metadata.labels, metadata.name).to.include({
          team: 'edge',
          'app.kubernetes.io/part-of': 'platform',
          'app.kubernetes.io/name': 'ingress-nginx',
        });
      }
      const deployment = find(objects, controllerId);
      const { labels } = (deployment.spec['template'] as Rendered).metadata;
      expect(labels).to.include({ tier: '1', canary: 'true', team: 'edge' });
      const selector = (deployment.spec['selector'] as { matchLabels: Record<string, string> }).matchLabels;
      expect(labels).to.include(selector);
    },
  },
  'an internal Service beside the external one': {
    values: {
      controller: {
        service: {
          internal: { enabled: true, annotations: { 'example.com/internal': true }, ports: { https: 8443 } },
        },
      },
    },
    more: ['Service ingress-nginx-controller-internal'],
    check: (objects) => {
      const internal = find(objects, 'Service ingress-nginx-controller-internal');
      expect(internal.metadata.annotations).to.deep.equal({ 'example.com/internal': 'true' });
      const ports = internal.spec['ports'] as readonly { readonly port: number }[];
      expect(ports.map(({ port }) => port)).to.deep.equal([80, 8443]);
    },
  },
  'an internal Service alone': {
    values: {
      controller: {
        service: { external: { enabled: false }, internal: { enabled: true, annotations: { a: 'b' } } },
      },
    },
    less: ['Service ingress-nginx-controller'],
    more: ['Service ingress-nginx-controller-internal'],
    check: (objects) =>
      expect(argsOf(objects)[1]).to.equal(
        '--publish-service=$(POD_NAMESPACE)/ingress-nginx-controller-internal',
      ),
  },
  'a ConfigMap with headers and DH parameters': {
    values: {
      dhParam: 'AAAA',
      controller: {
        allowSnippetAnnotations: true,
        addHeaders: { 'X-A': 'b' },
        proxySetHeaders: { 'X-C': 'd' },
        config: {
          'worker-processes': 4,
          'keep-alive-requests': 1000000,
          'server-name': '{{ .Release.Name }}',
        },
      },
    },
    more: [
      'ConfigMap ingress-nginx-custom-add-headers',
      'ConfigMap ingress-nginx-custom-proxy-headers',
      'Secret ingress-nginx-controller',
    ],
    check: (objects) =>
      expect(find(objects, 'ConfigMap ingress-nginx-controller')['data']).to.deep.equal({
        'add-headers': 'default/ingress-nginx-custom-add-headers',
        'allow-snippet-annotations': 'true',
        'keep-alive-requests': '1000000',
        'proxy-set-headers': 'default/ingress-nginx-custom-proxy-headers',
        'server-name': 'ingress-nginx',
        'ssl-dh-param': 'default/ingress-nginx-controller',
        'worker-processes': '4',
      }),
  },
  'several classes': {
    values: {
      controller: {
        ingressClassResource: {
          default: true,
          aliases: ['public', 'web'],
          annotations: { a: 'b' },
          parameters: { apiGroup: 'k8s.example.com', kind: 'Parameters', name: 'external' },
        },
      },
    },
    more: ['IngressClass public', 'IngressClass web'],
    check: (objects) => {
      const annotationsOf = (name: string) => find(objects, `IngressClass ${name}`).metadata.annotations;
      expect(annotationsOf('nginx')).to.deep.equal({
        a: 'b',
        'ingressclass.kubernetes.io/is-default-class': 'true',
      });
      expect(annotationsOf('web')).to.deep.equal({ a: 'b' });
    },
  },
  'every flag, in its order': {
    values: {
      tcp: { 9000: 'a/b:1' },
      defaultBackend: { enabled: false },
      controller: {
        enableAnnotationValidations: false,
        electionID: 'mine',
        ingressClass: '',
        configMapNamespace: 'other',
        scope: { namespaceSelector: 'team=web' },
        maxmindLicenseKey: 'key',
        healthCheckHost: '127.0.0.1',
        healthCheckPath: '/health',
        ingressClassByName: true,
        watchIngressWithoutClass: true,
        metrics: { enabled: true },
        enableTopologyAwareRouting: true,
        disableLeaderElection: true,
        electionTTL: '10s',
        extraArgs: { v: 3, bare: '', 'http-port': 8080, off: false },
      },
    },
    more: ['ConfigMap ingress-nginx-tcp', 'Service ingress-nginx-controller-metrics'],
    check: (objects) => {
      expect(argsOf(objects)).to.deep.equal([
        '/nginx-ingress-controller',
        '--enable-annotation-validation=false',
        '--publish-service=$(POD_NAMESPACE)/ingress-nginx-controller',
        '--election-id=mine',
        '--controller-class=k8s.io/ingress-nginx',
        '--configmap=other/ingress-nginx-controller',
        '--tcp-services-configmap=$(POD_NAMESPACE)/ingress-nginx-tcp',
        '--watch-namespace-selector=team=web',
        '--validating-webhook=:8443',
        '--validating-webhook-certificate=/usr/local/certificates/cert',
        '--validating-webhook-key=/usr/local/certificates/key',
        '--maxmind-license-key=key',
        '--healthz-host=127.0.0.1',
        '--health-check-path=/health',
        '--ingress-class-by-name=true',
        '--watch-ingress-without-class=true',
        '--enable-metrics=true',
        '--enable-topology-aware-routing=true',
        '--disable-leader-election=true',
        '--election-ttl=10s',
        '--bare',
        '--http-port=8080',
        '--off=false',
        '--v=3',
      ]);
      expect(JSON.stringify(find(objects, 'Role ingress-nginx')['rules'])).to.contain(
        '"resourceNames":["mine"]',
      );
    },
  },
  'everything of a pod': {
    values: {
      imagePullSecrets: [{ name: 'registry' }],
      controller: {
        hostAliases: [{ ip: '10.0.0.1', hostnames: ['{{ .Release.Name }}.local'] }],
        hostname: 'edge',
        dnsConfig: { options: [{ name: 'ndots', value: '1' }] },
        priorityClassName: 'system-cluster-critical',
        runtimeClassName: 'runc',
        shareProcessNamespace: true,
        podSecurityContext: { fsGroup: 82 },
        sysctls: { 'net.core.somaxconn': 8192 },
        containerSecurityContext: { runAsUser: 1000680000 },
        podAnnotations: { number: 1 },
        affinity: { nodeAffinity: {} },
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' },
        ],
        tolerations: [{ operator: 'Exists' }],
        startupProbe: { httpGet: { path: '/healthz', port: 10254 } },
        resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }],
        extraEnvs: [{ name: 'A', value: 'b' }],
        extraContainers: [{ name: 'side', image: 'side:1' }],
        extraInitContainers: [{ name: 'first', image: 'first:{{ .Chart.AppVersion }}' }],
        extraModules: [
          { name: 'otel', image: { registry: 'r.example', image: 'otel', tag: 'v1', distroless: true } },
        ],
        extraVolumes: [{ name: 'scratch', emptyDir: {} }],
        extraVolumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
        networkPolicy: { enabled: true },
        admissionWebhooks: { patch: { networkPolicy: { enabled: true } } },
        image: { chroot: true, readOnlyRootFilesystem: true, digestChroot: `sha256:${'0'.repeat(64)}` },
      },
    },
    more: ['NetworkPolicy ingress-nginx-admission', 'NetworkPolicy ingress-nginx-controller'],
    check: (objects) => {
      const pod = podOf(find(objects, controllerId));
      expect(pod.containers[0].image).to.equal(`tidegate/controller-chroot:0.1.0@sha256:${'0'.repeat(64)}`);
      expect(pod.containers[0].securityContext).to.deep.equal({ runAsUser: 1000680000 });
      expect(pod.securityContext).to.deep.equal({
        fsGroup: 82,
        sysctls: [{ name: 'net.core.somaxconn', value: '8192' }],
      });
      expect(pod.hostAliases[0].hostnames).to.deep.equal(['ingress-nginx.local']);
      expect(pod.initContainers.map(({ name }: { name: string }) => name)).to.deep.equal(['first', 'otel']);
      expect(pod.initContainers[0].image).to.equal('first:0.1.0');
      expect(pod.initContainers[1]).to.deep.include({
        image: 'r.example/otel:v1',
        command: ['/init_module'],
      });
    },
  },
  'images of one registry': {
    values: { global: { image: { registry: 'mirror.example:5000' } }, defaultBackend: { enabled: true } },
    more: [
      'Deployment ingress-nginx-defaultbackend',
      'Service ingress-nginx-defaultbackend',
      'ServiceAccount ingress-nginx-backend',
    ],
    check: (objects) => {
      const images = [controllerId, backendId, 'Job ingress-nginx-admission-create'].map(
        (id) => podOf(find(objects, id)).containers[0].image,
      );
      expect(images).to.deep.equal([
        'mirror.example:5000/tidegate/controller:0.1.0',
        'mirror.example:5000/defaultbackend-amd64:1.5',
        'mirror.example:5000/tidegate/controller:0.1.0',
      ]);
    },
  },
};

// No API server knows these kinds unless their operators are installed.
const foreign = ['cert-manager.io', 'keda.sh', 'monitoring.coreos.com'];

async function judge(documents: string): Promise<void> {
  const call = run('kubectl', ['apply', '--dry-run=server', '--output=name', '--filename=-'], manyBytes);
  call.child.stdin?.end(documents);
  await call;
}

describe('the manifests', function () {
  this.timeout(120_000);

  it('are what the chart renders', async () => {
    await run(process.execPath, [script, '--check'], manyBytes);
  });

  it('are taken by an API server (dry run)', async function () {
    if (process.env['KUBECONFIG'] === undefined) this.skip();
    const folders = readdirSync(join(root, 'deploy/providers'), { recursive: true, encoding: 'utf8' });
    const files = folders
      .filter((file) => file.endsWith('deploy.yaml'))
      .map((file) => `deploy/providers/${file}`);
    expect(files).to.have.length(8);
    for (const file of ['deploy/deploy.yaml', ...files]) {
      // Objects of a namespace that a dry run does not create.
      await judge(
        readFileSync(join(root, file), 'utf8').replaceAll(
          'namespace: ingress-nginx\n',
          'namespace: default\n',
        ),
      );
    }
  });
});

describe('the chart with', function () {
  this.timeout(60_000);

  for (const [title, { values, more = [], less = [], check }] of Object.entries(variants)) {
    it(title, async () => {
      const objects = await render(values);
      const expected = [...usual.filter((id) => !less.includes(id)), ...more];
      expect(ids(objects)).to.deep.equal(expected.sort());
      check?.(objects);
    });

    it(`${title}, judged by an API server (dry run)`, async function () {
      if (process.env['KUBECONFIG'] === undefined) this.skip();
      const objects = await render(values);
      const known = objects.filter(
        ({ apiVersion }) => !foreign.some((group) => apiVersion.startsWith(group)),
      );
      await judge(known.map((object) => JSON.stringify(object)).join('\n---\n'));
    });
  }
});

describe('the names of the chart', function () {
  this.timeout(60_000);
  const deployments = async (values: object, release: string) =>
    (await render(values, { release }))
      .filter(({ kind }) => kind === 'Deployment')
      .map(({ metadata }) => metadata.name);

  it('start with the release, and with the chart unless the release contains it', async () => {
    expect(await deployments({}, 'edge')).to.deep.equal(['edge-ingress-nginx-controller']);
    expect(await deployments({}, 'my-ingress-nginx')).to.deep.equal(['my-ingress-nginx-controller']);
    expect(await deployments({ nameOverride: 'gate' }, 'edge')).to.deep.equal(['edge-gate-controller']);
    expect(await deployments({ fullnameOverride: 'tide' }, 'edge')).to.deep.equal(['tide-controller']);
  });

  it('stay different and within 63 characters for a long release name', async () => {
    const objects = await render({ controller: { metrics: { enabled: true } } }, { release: 'r'.repeat(53) });
    const names = objects.map(idOf);
    expect(new Set(names).size).to.equal(names.length);
    for (const { metadata } of objects) expect(metadata.name.length, metadata.name).to.be.at.most(63);
  });

  it('are in the namespace that is asked for', async () => {
    const objects = await render({ namespaceOverride: 'gate' });
    const spaces = objects.map(({ metadata }) => metadata.namespace).filter((space) => space !== undefined);
    expect(new Set(spaces)).to.deep.equal(new Set(['gate']));
  });
});

describe('the chart refuses', function () {
  this.timeout(60_000);
  const refused: Readonly<Record<string, readonly [object, RegExp]>> = {
    'a word for a number': [{ controller: { replicaCount: 'many' } }, /replicaCount/],
    'a text for a switch': [{ controller: { hostNetwork: 'true' } }, /hostNetwork/],
    'a text for a map': [{ controller: { extraArgs: 'v=3' } }, /extraArgs/],
    'an unknown Service type': [{ controller: { service: { type: 'Balancer' } } }, /service\/type/],
    'a TCP port that is none': [{ tcp: { http: 'a/b:80' } }, /propertyName 'http'/],
    'no ClusterRole for all namespaces': [{ rbac: { scope: true } }, /controller\.scope\.enabled/],
  };
  for (const [title, [values, message]] of Object.entries(refused)) {
    it(title, async () => {
      const error = await text(values).then(
        () => null,
        (reason: unknown) => reason as Error,
      );
      expect(error?.message).to.match(message);
    });
  }

  it('nothing that it does not know', async () => {
    await text({ controller: { opentelemetry: { enabled: true } } });
  });
});

describe('the chart on old Kubernetes', function () {
  this.timeout(60_000);

  it('leaves out what it does not know', async () => {
    const values = {
      controller: {
        service: { trafficDistribution: 'PreferClose' },
        resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }],
      },
    };
    const [now, then] = [await text(values), await text(values, { kubernetes: '1.30' })];
    for (const word of ['trafficDistribution', 'resizePolicy']) {
      expect(now).to.contain(word);
      expect(then).to.not.contain(word);
    }
  });
});
