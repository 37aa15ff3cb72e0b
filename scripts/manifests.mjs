// `npm run manifests`: writes deploy/deploy.yaml and those of the providers from the chart. With --check it writes
// nothing and fails when a file differs. Needs helm, which it builds with Go when there is none; --helm prints where
// that is.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments, parse, stringify } from 'yaml';

const root = fileURLToPath(new URL('..', import.meta.url));
const chart = 'deploy/chart';
const helmVersion = 'v3.19.4';

/** The folders under deploy/providers; baremetal is the one that is written to deploy/deploy.yaml. */
const variants = [
  'baremetal',
  'cloud',
  'kind',
  'aws',
  'aws/nlb-with-tls-termination',
  'do',
  'exoscale',
  'oracle',
  'scw',
];

const manifestOf = (variant) =>
  variant === 'baremetal' ? 'deploy/deploy.yaml' : `deploy/providers/${variant}/deploy.yaml`;

const valuesOf = (variant) => `deploy/providers/${variant}/values.yaml`;

/** What the manifests are made from, and they themselves, with their sums: stale files show without helm. */
const sumsFile = 'deploy/manifests.sha256';

// In the order in which they are applied.
const kinds = [
  'Namespace',
  'ServiceAccount',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'ConfigMap',
  'Service',
  'Deployment',
  'DaemonSet',
  'Job',
  'IngressClass',
  'ValidatingWebhookConfiguration',
];

const works = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** The path of a helm that runs: that of PATH, else one that is built once and kept in the user's cache. */
function ensureHelm() {
  if (works('helm', 'version')) return 'helm';
  const folder = join(
    process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
    'tidegate',
    `helm-${helmVersion}`,
  );
  const helm = join(folder, 'helm');
  if (existsSync(helm) && works(helm, 'version')) return helm;
  const module = `helm.sh/helm/v3/cmd/helm@${helmVersion}`;
  if (!works('go', 'version')) {
    throw new Error(
      'The manifests are rendered by helm, and there is neither helm nor go in PATH. Please install helm 3 ' +
        `(https://helm.sh/docs/intro/install), or Go 1.25 or newer, with which this script builds ${module}.`,
    );
  }
  console.error(`Building ${module} into ${folder} (once; up to 5 minutes) …`);
  mkdirSync(folder, { recursive: true });
  const build = spawnSync('go', ['install', module], {
    cwd: homedir(),
    env: { ...process.env, GOBIN: folder, CGO_ENABLED: '0' },
    stdio: ['ignore', 2, 2],
  });
  if (build.status !== 0) throw new Error(`go install ${module} failed; its messages are above.`);
  return helm;
}

let helm;

/** Runs helm and gives back its standard output. */
function runHelm(args) {
  helm ??= ensureHelm();
  const result = spawnSync(helm, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 });
  if (result.status !== 0) throw new Error(`helm ${args.join(' ')}:\n${result.stderr || result.error}`);
  return result.stdout;
}

/** The objects of a release in the order of the manifests, as a user of kubectl needs them. */
function objectsOf(variant) {
  const values = join(root, valuesOf(variant));
  const release = ['template', 'ingress-nginx', chart, '--namespace', 'ingress-nginx'];
  const text = runHelm([...release, '--kube-version', '1.22', '--values', values]);
  const objects = parseAllDocuments(text)
    .map((document) => document.toJS())
    .filter((object) => object !== null);
  for (const object of objects) withoutHelm(object);
  const unknown = objects.find((object) => !kinds.includes(object.kind));
  if (unknown !== undefined)
    throw new Error(`${variant}: no place in the order for the kind ${unknown.kind}`);
  return [namespace(), ...objects].sort(
    (a, b) => rank(a) - rank(b) || (a.metadata.name < b.metadata.name ? -1 : 1),
  );
}

const rank = (object) => kinds.indexOf(object.kind);

function namespace() {
  const labels = { 'app.kubernetes.io/name': 'ingress-nginx', 'app.kubernetes.io/instance': 'ingress-nginx' };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ingress-nginx', labels } };
}

function withoutHelm(object) {
  for (const { metadata } of [object, object.spec?.template ?? {}]) {
    for (const label of ['helm.sh/chart', 'app.kubernetes.io/managed-by']) delete metadata?.labels?.[label];
    if (metadata?.annotations === undefined) continue;
    for (const name of Object.keys(metadata.annotations)) {
      if (name.startsWith('helm.sh/hook')) delete metadata.annotations[name];
    }
    if (Object.keys(metadata.annotations).length === 0) delete metadata.annotations;
  }
  // Whoever scales the Deployment is not undone by the next `kubectl apply`.
  if (object.kind === 'Deployment') delete object.spec.replicas;
}

/** The text of a manifest. */
function render(variant) {
  const about = /^# (.*)/.exec(readFileSync(join(root, valuesOf(variant)), 'utf8'))[1];
  const { appVersion } = parse(readFileSync(join(root, chart, 'Chart.yaml'), 'utf8'));
  const head = [
    `# Tidegate ${appVersion}. ${about}`,
    `# Written by \`npm run manifests\` from ${chart} and ${valuesOf(variant)}: change those.`,
  ];
  const options = { lineWidth: 0, aliasDuplicateObjects: false };
  return `${head.join('\n')}\n${objectsOf(variant)
    .map((object) => stringify(object, options))
    .join('---\n')}`;
}

/** sha256sum's format, of the chart, the values and the manifests. */
function sums() {
  const templates = readdirSync(join(root, chart), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
  const files = [...templates, ...variants.flatMap((variant) => [valuesOf(variant), manifestOf(variant)])];
  const line = (file) =>
    `${createHash('sha256')
      .update(readFileSync(join(root, file)))
      .digest('hex')}  ${file}\n`;
  return [...new Set(files)].sort().map(line).join('');
}

function main(check) {
  let differing = 0;
  const settle = (file, text) => {
    const path = join(root, file);
    if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
    differing += 1;
    console.log(`${check ? 'differs' : 'written'}: ${file}`);
    if (!check) writeFileSync(path, text);
  };
  for (const variant of variants) settle(manifestOf(variant), render(variant));
  settle(sumsFile, sums());
  if (differing === 0) console.log(`${variants.length} manifests are as the chart renders them.`);
  if (check && differing > 0) {
    console.error('Run: npm run manifests');
    process.exitCode = 1;
  }
}

try {
  if (process.argv.includes('--helm')) console.log(ensureHelm());
  else main(process.argv.includes('--check'));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
