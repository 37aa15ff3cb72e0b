/** The pages that show commands, and what their commands need. */

export interface Exception {
  /** How the block begins that is not run. */
  readonly begins: string;
  readonly reason: string;
}

export interface Page {
  readonly path: string;
  /** Folders and files that the page takes for granted, as paths of the repository. */
  readonly given?: Readonly<Record<string, string>>;
  /** Commands before the first one and after the last one. Where these change the controller, they bring it back. */
  readonly before?: string;
  readonly after?: string;
  readonly exceptions?: readonly Exception[];
}

const SITE = `
kubectl create deployment web --image=tidegate.test/echo:1 --port=80
kubectl create service clusterip service --tcp=80
kubectl patch service service --patch='{"spec":{"selector":{"app":"web"}}}'
kubectl create ingress ingress-ingress --class=nginx --rule='www.test.com/*=service:80'
kubectl rollout status deployment/web --timeout=60s`;
const NO_SITE = 'kubectl delete --ignore-not-found ingress/ingress-ingress service/service deployment/web';

/** In the order in which they are run. */
export const PAGES: readonly Page[] = [
  {
    path: 'docs/guides/getting-started.md',
    exceptions: [
      { begins: '$ npm start', reason: 'README.md has it, too, and is run' },
      {
        begins: '$ kind create cluster',
        reason: 'kind and the daemon of Docker do not run on a test machine',
      },
      {
        begins: '$ helm upgrade --install',
        reason: 'e2e/chart.test.ts does it, in the place of deploy.yaml',
      },
    ],
  },
  { path: 'docs/guides/tls.md' },
  { path: 'docs/guides/authentication.md' },
  { path: 'docs/guides/canary.md' },
  { path: 'docs/guides/limits.md' },
  { path: 'docs/guides/metrics.md' },
  { path: 'docs/guides/troubleshooting.md' },
  { path: 'docs/tutorial.md', before: 'kubectl delete -f deploy/deploy.yaml --timeout=120s', after: NO_SITE },
  {
    path: 'README.md',
    given: {
      'my-manifests': 'examples/tutorial',
      'old.yaml': 'examples/tutorial/ingress.yaml',
    },
    before: `${SITE}
kubectl create ingress another --class=nginx --rule='www.test.com/*=service:80' --dry-run=client -o yaml > another.yaml`,
    after: NO_SITE,
    exceptions: [
      { begins: 'helm install', reason: 'e2e/chart.test.ts does it, in the place of deploy.yaml' },
    ],
  },
  {
    path: 'CONTRIBUTING.md',
    exceptions: [
      { begins: 'npm run check', reason: 'these are the tests themselves, and benchmarks of many minutes' },
    ],
  },
  {
    path: 'docs/migrate.md',
    before: '"$TIDEGATE_CLUSTER/image" tag tidegate/controller:0.1.0 registry.example/controller:1',
  },
  { path: 'docs/dashboard.md' },
  {
    path: 'docs/kubectl-plugin.md',
    before: `
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -keyout tls.key -out tls.crt -subj /CN=shop.test -addext subjectAltName=DNS:shop.test
kubectl create secret tls shop-tls --cert=tls.crt --key=tls.key
for name in cart cart-next; do
  kubectl create deployment $name --image=tidegate.test/echo:1 --port=80
  kubectl expose deployment $name --port=80
done
kubectl create ingress shop --class=nginx --rule='shop.test/cart*=cart:80,tls=shop-tls' --rule='shop.test/*=cart:80' \\
  --annotation=nginx.ingress.kubernetes.io/proxy-body-size=8m
kubectl create ingress cart-next --class=nginx --rule='shop.test/cart*=cart-next:80' \\
  --annotation=nginx.ingress.kubernetes.io/canary=true --annotation=nginx.ingress.kubernetes.io/canary-weight=10
kubectl rollout status deployment/cart --timeout=60s
kubectl rollout status deployment/cart-next --timeout=60s`,
    after:
      'kubectl delete ingress/shop ingress/cart-next service/cart service/cart-next deployment/cart deployment/cart-next secret/shop-tls',
  },
  {
    path: 'docs/stream.md',
    after: 'kubectl apply -f deploy/deploy.yaml',
  },
];

const MEASURES =
  'measures for minutes, on a machine that does nothing else; .ci/run has the short form of "bench"';
const TESTS = 'is the tests themselves';
const WRITES = 'writes files of the repository; tests compare them';

/** Scripts of the project that pages name and nobody runs there, with the reason. */
export const SCRIPTS_NOT_RUN: Readonly<Record<string, string>> = {
  bench: MEASURES,
  'bench:dashboard': MEASURES,
  'bench:loss': MEASURES,
  'bench:scale': MEASURES,
  'bench:stream': MEASURES,
  'bench:webhook': MEASURES,
  chart: TESTS,
  check: TESTS,
  e2e: TESTS,
  unit: TESTS,
  docs: WRITES,
  manifests: WRITES,
};

/** What the test machine cannot fetch or has not, and what stands for it. */
export const STANDS_FOR: readonly (readonly [string, string])[] = [
  // Both tell their host name.
  ['traefik/whoami:v1.11', 'tidegate.test/echo:1'],
  [
    'docker build -t tidegate/controller:0.1.0 .',
    '"$TIDEGATE_CLUSTER/image" "$TIDEGATE_ROOT" tidegate/controller:0.1.0',
  ],
  ['controller=IMAGE', 'controller=registry.example/controller:1'],
];
