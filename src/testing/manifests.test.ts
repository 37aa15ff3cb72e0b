import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

// What tests look into, and leave open otherwise.
interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

const load = (path: string): readonly Manifest[] =>
  parseAllDocuments(read(path)).map((document) => document.toJS() as Manifest);

const bare = load('deploy/deploy.yaml');
const idOf = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.name}`;

function find(objects: readonly Manifest[], id: string): Manifest {
  const found = objects.filter((object) => idOf(object) === id);
  expect(found, id).to.have.length(1);
  return found[0] as Manifest;
}

/** The value at a path such as spec.template.spec.containers.0.args. */
function at(object: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);
}

const app = 'ingress-nginx';
const version = (parse(read('deploy/chart/Chart.yaml')) as { appVersion: string }).appVersion;
const image = `tidegate/controller:${version}`;
const instance = { 'app.kubernetes.io/name': app, 'app.kubernetes.io/instance': app };
const labelled = { ...instance, 'app.kubernetes.io/part-of': app, 'app.kubernetes.io/version': version };
const labelsOf = (component: string) =>
  component === '' ? labelled : { ...labelled, 'app.kubernetes.io/component': component };

const controller = 'ingress-nginx-controller';
const admission = 'ingress-nginx-admission';

// apiVersion, kind, name, in the namespace, component
const table: readonly (readonly [string, string, string, boolean, string])[] = [
  ['v1', 'Namespace', app, false, ''],
  ['v1', 'ServiceAccount', app, true, 'controller'],
  ['v1', 'ServiceAccount', admission, true, 'admission-webhook'],
  ['rbac.authorization.k8s.io/v1', 'Role', app, true, 'controller'],
  ['rbac.authorization.k8s.io/v1', 'Role', admission, true, 'admission-webhook'],
  ['rbac.authorization.k8s.io/v1', 'ClusterRole', app, false, ''],
  ['rbac.authorization.k8s.io/v1', 'ClusterRole', admission, false, 'admission-webhook'],
  ['rbac.authorization.k8s.io/v1', 'RoleBinding', app, true, 'controller'],
  ['rbac.authorization.k8s.io/v1', 'RoleBinding', admission, true, 'admission-webhook'],
  ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', app, false, ''],
  ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', admission, false, 'admission-webhook'],
  ['v1', 'ConfigMap', controller, true, 'controller'],
  ['v1', 'Service', controller, true, 'controller'],
  ['v1', 'Service', `${controller}-admission`, true, 'controller'],
  ['apps/v1', 'Deployment', controller, true, 'controller'],
  ['batch/v1', 'Job', `${admission}-create`, true, 'admission-webhook'],
  ['batch/v1', 'Job', `${admission}-patch`, true, 'admission-webhook'],
  ['networking.k8s.io/v1', 'IngressClass', 'nginx', false, 'controller'],
  [
    'admissionregistration.k8s.io/v1',
    'ValidatingWebhookConfiguration',
    admission,
    false,
    'admission-webhook',
  ],
];

// group, resources, verbs, resource names
type Rule = readonly [string, string, string, string?];
const rules = (...list: readonly Rule[]) =>
  list.map(([group, resources, verbs, names]) => ({
    apiGroups: [group],
    resources: resources.split(' '),
    ...(names === undefined ? {} : { resourceNames: [names] }),
    verbs: verbs.split(' '),
  }));

const namespaced = rules(
  ['', 'namespaces', 'get'],
  ['', 'configmaps pods secrets', 'get list watch'],
  ['', 'services', 'get list watch'],
  ['networking.k8s.io', 'ingresses', 'get list watch'],
  ['networking.k8s.io', 'ingresses/status', 'patch update'],
  ['networking.k8s.io', 'ingressclasses', 'get list watch'],
  ['coordination.k8s.io', 'leases', 'get update', 'ingress-nginx-leader'],
  ['coordination.k8s.io', 'leases', 'create'],
  ['', 'events', 'create patch'],
  ['discovery.k8s.io', 'endpointslices', 'list watch get'],
);
const clusterWide = rules(
  ['', 'configmaps nodes pods secrets namespaces', 'list watch'],
  ['', 'nodes', 'get'],
  ['', 'services', 'get list watch'],
  ['networking.k8s.io', 'ingresses', 'get list watch'],
  ['', 'events', 'create patch'],
  ['networking.k8s.io', 'ingresses/status', 'patch update'],
  ['networking.k8s.io', 'ingressclasses', 'get list watch'],
  ['discovery.k8s.io', 'endpointslices', 'list watch get'],
);
const certificates = rules(['', 'secrets', 'get create'], ['', 'secrets', 'update', admission]);
const webhooks = rules(['admissionregistration.k8s.io', 'validatingwebhookconfigurations', 'get update']);

describe('deploy/deploy.yaml', () => {
  it('has the 19 objects in their order, with their labels', () => {
    expect(bare.map(idOf)).to.deep.equal(table.map(([, kind, name]) => `${kind} ${name}`));
    for (const [apiVersion, kind, name, inNamespace, component] of table) {
      const object = find(bare, `${kind} ${name}`);
      expect(object.apiVersion, name).to.equal(apiVersion);
      expect(object.metadata, idOf(object)).to.deep.equal({
        name,
        ...(inNamespace ? { namespace: app } : {}),
        labels: kind === 'Namespace' ? instance : labelsOf(component),
      });
    }
  });

  it('mounts the tokens of both accounts', () => {
    for (const name of [app, admission]) {
      expect(find(bare, `ServiceAccount ${name}`)['automountServiceAccountToken']).to.equal(true);
    }
  });

  it('grants what the controller and the certificate Jobs need, and nothing more', () => {
    expect(find(bare, `Role ${app}`)['rules']).to.deep.equal(namespaced);
    expect(find(bare, `ClusterRole ${app}`)['rules']).to.deep.equal(clusterWide);
    expect(find(bare, `Role ${admission}`)['rules']).to.deep.equal(certificates);
    expect(find(bare, `ClusterRole ${admission}`)['rules']).to.deep.equal(webhooks);
  });

  it('binds each role to the account of the same name', () => {
    for (const kind of ['Role', 'ClusterRole']) {
      for (const name of [app, admission]) {
        const binding = find(bare, `${kind}Binding ${name}`);
        expect(binding['roleRef']).to.deep.equal({ apiGroup: 'rbac.authorization.k8s.io', kind, name });
        expect(binding['subjects']).to.deep.equal([{ kind: 'ServiceAccount', name, namespace: app }]);
      }
    }
  });

  it('has an empty ConfigMap', () => {
    expect(find(bare, `ConfigMap ${controller}`)['data']).to.deep.equal({});
  });

  it('opens node ports for traffic and a cluster address for the webhook', () => {
    const selector = { ...instance, 'app.kubernetes.io/component': 'controller' };
    const port = (name: string, number: number) => ({
      name,
      port: number,
      protocol: 'TCP',
      targetPort: name,
      appProtocol: name,
    });
    expect(find(bare, `Service ${controller}`)['spec']).to.deep.equal({
      type: 'NodePort',
      ipFamilyPolicy: 'SingleStack',
      ipFamilies: ['IPv4'],
      ports: [port('http', 80), port('https', 443)],
      selector,
    });
    expect(find(bare, `Service ${controller}-admission`)['spec']).to.deep.equal({
      type: 'ClusterIP',
      ports: [{ name: 'https-webhook', port: 443, targetPort: 'webhook', appProtocol: 'https' }],
      selector,
    });
  });

  it('runs the controller', () => {
    const { template, ...spec } = find(bare, `Deployment ${controller}`)['spec'] as Record<string, unknown>;
    expect(spec).to.deep.equal({
      minReadySeconds: 0,
      revisionHistoryLimit: 10,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      selector: { matchLabels: { ...instance, 'app.kubernetes.io/component': 'controller' } },
    });
    const { containers, ...pod } = at(template, 'spec') as Record<string, unknown>;
    expect(at(template, 'metadata')).to.deep.equal({ labels: labelsOf('controller') });
    expect(pod).to.deep.equal({
      dnsPolicy: 'ClusterFirst',
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      serviceAccountName: app,
      automountServiceAccountToken: true,
      terminationGracePeriodSeconds: 300,
      volumes: [{ name: 'webhook-cert', secret: { secretName: admission } }],
    });
    expect(containers).to.deep.equal([container()]);
  });

  it('makes the certificate and hands its CA to the API server', () => {
    const service = `${controller}-admission`;
    const args = {
      create: [
        'create',
        `--host=${service},${service}.$(POD_NAMESPACE).svc`,
        '--namespace=$(POD_NAMESPACE)',
        `--secret-name=${admission}`,
      ],
      patch: [
        'patch',
        `--webhook-name=${admission}`,
        '--namespace=$(POD_NAMESPACE)',
        '--patch-mutating=false',
        `--secret-name=${admission}`,
        '--patch-failure-policy=Fail',
      ],
    };
    for (const [name, words] of Object.entries(args)) {
      // Without ttlSecondsAfterFinished: the Jobs stay, Completed, and applying the file again changes nothing.
      expect(find(bare, `Job ${admission}-${name}`)['spec']).to.deep.equal({
        template: {
          metadata: { name: `${admission}-${name}`, labels: labelsOf('admission-webhook') },
          spec: {
            serviceAccountName: admission,
            automountServiceAccountToken: true,
            restartPolicy: 'OnFailure',
            nodeSelector: { 'kubernetes.io/os': 'linux' },
            containers: [
              {
                name,
                ...program,
                args: words,
                env: [field('POD_NAMESPACE', 'metadata.namespace')],
                ...locked,
              },
            ],
          },
        },
      });
    }
  });

  it('has the class and the webhook', () => {
    expect(find(bare, 'IngressClass nginx')['spec']).to.deep.equal({ controller: 'k8s.io/ingress-nginx' });
    expect(find(bare, `ValidatingWebhookConfiguration ${admission}`)['webhooks']).to.deep.equal([
      {
        name: 'validate.nginx.ingress.kubernetes.io',
        matchPolicy: 'Equivalent',
        failurePolicy: 'Fail',
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        rules: [
          {
            apiGroups: ['networking.k8s.io'],
            apiVersions: ['v1'],
            operations: ['CREATE', 'UPDATE'],
            resources: ['ingresses'],
          },
        ],
        clientConfig: {
          service: {
            name: `${controller}-admission`,
            namespace: app,
            port: 443,
            path: '/networking/v1/ingresses',
          },
        },
      },
    ]);
  });
});

const program = { image, imagePullPolicy: 'IfNotPresent' };
const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
const locked = {
  securityContext: {
    runAsNonRoot: true,
    runAsUser: 65532,
    runAsGroup: 65532,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  },
};

function container(): object {
  const probe = (failureThreshold: number) => ({
    httpGet: { path: '/healthz', port: 10254, scheme: 'HTTP' },
    initialDelaySeconds: 10,
    periodSeconds: 10,
    timeoutSeconds: 1,
    successThreshold: 1,
    failureThreshold,
  });
  return {
    name: 'controller',
    ...program,
    args: [
      '/nginx-ingress-controller',
      '--election-id=ingress-nginx-leader',
      '--controller-class=k8s.io/ingress-nginx',
      '--ingress-class=nginx',
      '--configmap=$(POD_NAMESPACE)/ingress-nginx-controller',
      '--validating-webhook=:8443',
      '--validating-webhook-certificate=/usr/local/certificates/cert',
      '--validating-webhook-key=/usr/local/certificates/key',
    ],
    env: [
      field('POD_NAME', 'metadata.name'),
      field('POD_NAMESPACE', 'metadata.namespace'),
      { name: 'LD_PRELOAD', value: '/usr/local/lib/libmimalloc.so' },
    ],
    ports: [
      { name: 'http', containerPort: 80, protocol: 'TCP' },
      { name: 'https', containerPort: 443, protocol: 'TCP' },
      { name: 'webhook', containerPort: 8443, protocol: 'TCP' },
    ],
    livenessProbe: probe(5),
    readinessProbe: probe(3),
    lifecycle: { preStop: { exec: { command: ['/wait-shutdown'] } } },
    resources: { requests: { cpu: '100m', memory: '90Mi' } },
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 101,
      runAsGroup: 82,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: false,
      capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumeMounts: [{ name: 'webhook-cert', mountPath: '/usr/local/certificates/', readOnly: true }],
  };
}

/** Every path at which two values differ, with the new value; undefined where it is gone. */
function differences(before: unknown, after: unknown, path = ''): readonly (readonly [string, unknown])[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const plain = [before, after].every(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  );
  if (!plain) return [[path, after]];
  const [a, b] = [before, after] as readonly [Record<string, unknown>, Record<string, unknown>];
  // Dots inside of names, as in kubernetes.io/os, do not matter here: nobody walks these paths.
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    differences(a[key], b[key], path === '' ? key : `${path}.${key}`),
  );
}

type Differences = Readonly<Record<string, unknown>>;

/** What a provider file changes, as "Service ingress-nginx-controller: spec.type" → value. */
function changesOf(variant: string): Differences {
  const objects = load(`deploy/providers/${variant}/deploy.yaml`).map((object) =>
    object.kind === 'DaemonSet' ? { ...object, kind: 'Deployment', was: 'DaemonSet' } : object,
  );
  expect(objects.map(idOf), variant).to.deep.equal(bare.map(idOf));
  const changes = objects.flatMap((object) => {
    const id = idOf(object);
    return differences(byPort(find(bare, id)), byPort(object)).map(
      ([path, value]) => [`${id}: ${path}`, value] as const,
    );
  });
  return Object.fromEntries(changes);
}

/** Containers, their ports and those of Services under their names instead of in lists. */
function byPort(object: unknown): unknown {
  const named = (list: readonly { readonly name: string }[]) =>
    Object.fromEntries(list.map((entry) => [entry.name, byPort(entry)]));
  if (Array.isArray(object) || typeof object !== 'object' || object === null) return object;
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) =>
      (key === 'ports' || key === 'containers') && Array.isArray(value)
        ? [key, named(value as readonly { readonly name: string }[])]
        : [key, byPort(value)],
    ),
  );
}

const service = `Service ${controller}: `;
const workload = `Deployment ${controller}: `;
const pod = `${workload}spec.template.spec.`;
const configMap = `ConfigMap ${controller}: data.`;

const bareArgs = at(container(), 'args') as readonly string[];
const publishing = bareArgs.toSpliced(1, 0, `--publish-service=$(POD_NAMESPACE)/${controller}`);
const published = { [`${pod}containers.controller.args`]: publishing };
const balanced = { [`${service}spec.type`]: 'LoadBalancer' };
const cloud = { ...balanced, [`${service}spec.externalTrafficPolicy`]: 'Local', ...published };
const annotated = (provider: string, annotations: Readonly<Record<string, string>>) => ({
  [`${service}metadata.annotations`]: Object.fromEntries(
    Object.entries(annotations).map(([name, value]) => [
      `service.beta.kubernetes.io/${provider}-${name}`,
      value,
    ]),
  ),
});
const taint = (name: string) => ({
  key: `node-role.kubernetes.io/${name}`,
  operator: 'Equal',
  effect: 'NoSchedule',
});

const providers: Readonly<Record<string, Differences>> = {
  cloud,
  kind: {
    ...balanced,
    [`${pod}containers.controller.args`]: [
      ...bareArgs,
      '--watch-ingress-without-class=true',
      '--publish-status-address=localhost',
    ],
    [`${pod}containers.controller.ports.http.hostPort`]: 80,
    [`${pod}containers.controller.ports.https.hostPort`]: 443,
    [`${pod}terminationGracePeriodSeconds`]: 0,
    [`${pod}tolerations`]: [taint('master'), taint('control-plane')],
  },
  aws: {
    ...cloud,
    ...annotated('aws-load-balancer', {
      'backend-protocol': 'tcp',
      'cross-zone-load-balancing-enabled': 'true',
      type: 'nlb',
    }),
  },
  'aws/nlb-with-tls-termination': {
    ...cloud,
    ...annotated('aws-load-balancer', {
      'connection-idle-timeout': '60',
      'cross-zone-load-balancing-enabled': 'true',
      'ssl-cert': 'arn:aws:acm:us-west-2:XXXXXXXX:certificate/XXXXXX-XXXXXXX-XXXXXXX-XXXXXXXX',
      'ssl-ports': 'https',
      type: 'nlb',
    }),
    [`${service}spec.ports.http.targetPort`]: 'tohttps',
    [`${service}spec.ports.https.targetPort`]: 'http',
    [`${pod}containers.controller.ports.https.containerPort`]: 80,
    [`${pod}containers.controller.ports.tohttps`]: { name: 'tohttps', containerPort: 2443, protocol: 'TCP' },
    [`${configMap}http-snippet`]: 'server {\n  listen 2443;\n  return 308 https://$host$request_uri;\n}\n',
    [`${configMap}proxy-real-ip-cidr`]: 'XXX.XXX.XXX/XX',
    [`${configMap}use-forwarded-headers`]: 'true',
  },
  do: {
    ...cloud,
    ...annotated('do-loadbalancer', { 'enable-proxy-protocol': 'true' }),
    [`${configMap}use-proxy-protocol`]: 'true',
    [`ValidatingWebhookConfiguration ${admission}: webhooks`]: [
      {
        ...(find(bare, `ValidatingWebhookConfiguration ${admission}`)['webhooks'] as readonly object[])[0],
        timeoutSeconds: 29,
      },
    ],
  },
  exoscale: {
    ...cloud,
    ...annotated('exoscale-loadbalancer', {
      description: 'Ingress controller',
      'service-healthcheck-interval': '10s',
      'service-healthcheck-mode': 'http',
      'service-healthcheck-retries': '1',
      'service-healthcheck-timeout': '3s',
      'service-healthcheck-uri': '/',
      'service-strategy': 'source-hash',
    }),
    [`${workload}was`]: 'DaemonSet',
    [`${workload}spec.strategy`]: undefined,
    [`${workload}spec.updateStrategy`]: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
  },
  oracle: {
    ...cloud,
    ...annotated('oci-load-balancer', { shape: 'flexible', 'shape-flex-max': '100', 'shape-flex-min': '10' }),
  },
  scw: {
    ...cloud,
    ...annotated('scw-loadbalancer', { 'proxy-protocol-v2': 'true' }),
    [`${configMap}use-proxy-protocol`]: 'true',
  },
};

describe('deploy/providers', () => {
  it('has the variants of the table', () => {
    const files = readdirSync(join(root, 'deploy/providers'), { recursive: true, encoding: 'utf8' });
    const folders = files
      .filter((file) => file.endsWith('deploy.yaml'))
      .map((file) => file.slice(0, -'/deploy.yaml'.length));
    expect(folders.sort()).to.deep.equal(Object.keys(providers).sort());
  });

  for (const [variant, expected] of Object.entries(providers)) {
    it(`${variant} differs from bare metal only in what the provider needs`, () => {
      expect(changesOf(variant)).to.deep.equal(expected);
    });
  }
});

describe('the chart', () => {
  it('is the one from which the manifests were rendered', () => {
    const lines = read('deploy/manifests.sha256').trimEnd().split('\n');
    const sums = new Map(lines.map((line) => line.split('  ').toReversed() as [string, string]));
    const files = ['deploy/deploy.yaml', ...['deploy/chart', 'deploy/providers'].flatMap(filesBelow)];
    expect([...sums.keys()].sort(), 'files in deploy/manifests.sha256').to.deep.equal(files.sort());
    const stale = files.filter(
      (file) => createHash('sha256').update(read(file)).digest('hex') !== sums.get(file),
    );
    expect(stale, 'changed since; run: npm run manifests').to.deep.equal([]);
  });

  it('takes its images from the version that it installs', () => {
    const values = parse(read('deploy/chart/values.yaml')) as unknown;
    for (const path of ['controller.image', 'controller.admissionWebhooks.patch.image']) {
      expect(`${String(at(values, `${path}.image`))}:${String(at(values, `${path}.tag`))}`).to.equal(image);
    }
  });

  it('has a schema for every value', () => {
    const schema = JSON.parse(read('deploy/chart/values.schema.json')) as Schema;
    const values = parse(read('deploy/chart/values.yaml')) as Readonly<Record<string, unknown>>;
    expect(withoutSchema(values, schema, '')).to.deep.equal([]);
  });
});

function filesBelow(path: string): readonly string[] {
  return readdirSync(join(root, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}

function withoutSchema(
  values: Readonly<Record<string, unknown>>,
  schema: Schema,
  path: string,
): readonly string[] {
  // A schema without properties is one for the whole map.
  if (schema.properties === undefined) return [];
  return Object.entries(values).flatMap(([key, value]) => {
    const inner = schema.properties?.[key];
    if (inner === undefined) return [`${path}${key}`];
    const map = typeof value === 'object' && value !== null && !Array.isArray(value);
    return map ? withoutSchema(value as Readonly<Record<string, unknown>>, inner, `${path}${key}.`) : [];
  });
}
