/** The Deployment as other installs have it: each variant is a second controller beside the usual one. */
import { expect } from 'chai';
import { execa } from 'execa';
import { NAMESPACE, nodeAddress } from './support/controller.ts';
import { apply, createNamespace, deleteNamespace, eventually, json, kubectl } from './support/kubectl.ts';
import { echo, ingress } from './support/objects.ts';

interface Container {
  args: string[];
  ports: { name: string; containerPort: number; hostPort?: number }[];
  securityContext: Record<string, unknown>;
  volumeMounts: object[];
}

interface Deployment {
  metadata: { name: string; labels: Record<string, string>; [other: string]: unknown };
  spec: {
    selector: { matchLabels: Record<string, string> };
    template: {
      metadata: { labels: Record<string, string> };
      spec: { containers: [Container]; volumes: object[]; hostNetwork?: boolean; [other: string]: unknown };
    };
  };
  status?: unknown;
}

interface PodList {
  readonly items: readonly { readonly status: { readonly podIP: string } }[];
}

/** Writable places for a read-only root file system. */
const WRITABLE = ['/etc/nginx', '/etc/ingress-controller', '/tmp'];

interface Variant {
  readonly change: (deployment: Deployment) => void;
  /** Where its pages are: the pod itself, or port 80 of the node. */
  readonly at: 'pod' | 'node';
}

const variants: Readonly<Record<string, Variant>> = {
  'a read-only root file system': {
    at: 'pod',
    change: ({ spec: { template } }) => {
      const [container] = template.spec.containers;
      container.securityContext['readOnlyRootFilesystem'] = true;
      for (const [index, path] of WRITABLE.entries()) {
        template.spec.volumes.push({ name: `writable-${index}`, emptyDir: {} });
        container.volumeMounts.push({ name: `writable-${index}`, mountPath: path });
      }
    },
  },
  'host ports': {
    at: 'node',
    change: ({ spec: { template } }) => {
      for (const port of template.spec.containers[0].ports) {
        if (port.name !== 'webhook') port.hostPort = port.containerPort;
      }
    },
  },
  'the network of the host': {
    at: 'node',
    change: ({ spec: { template } }) => {
      template.spec.hostNetwork = true;
    },
  },
  'high ports and no capability at all': {
    at: 'pod',
    change: ({ spec: { template } }) => {
      const [container] = template.spec.containers;
      container.securityContext['capabilities'] = { drop: ['ALL'] };
      container.args.push('--http-port=80', '--http-port=8080', '--https-port=8443', '--validating-webhook=');
      container.ports = [{ name: 'http', containerPort: 8080 }];
    },
  },
};

describe('variants of the Deployment', () => {
  let namespace: string;
  let host: string;

  before(async () => {
    namespace = await createNamespace('variants');
    host = `web.${namespace}.test`;
    await apply(`${echo('web', 1)}---\n${ingress({ name: 'web', host, service: 'web' })}`, namespace);
    await kubectl(['--namespace', namespace, 'rollout', 'status', 'deployment/web', '--timeout=60s']);
  });

  after(() => deleteNamespace(namespace));

  for (const [what, { change, at }] of Object.entries(variants)) {
    it(`works with ${what}`, async () => {
      const name = await start(change);
      try {
        const pods = await json<PodList>([
          '--namespace',
          NAMESPACE,
          'get',
          'pods',
          '--selector',
          `variant=${name}`,
        ]);
        const address = at === 'node' ? nodeAddress() : (pods.items[0]?.status.podIP ?? '');
        const port = what.startsWith('high') ? 8080 : 80;
        const body = await eventually('a page', async () => {
          const url = `http://${address}:${port}/`;
          const page = await execa('curl', [
            '--silent',
            '--fail',
            '--noproxy',
            '*',
            '--max-time',
            '3',
            '--header',
            `Host: ${host}`,
            url,
          ]);
          return page.stdout;
        });
        expect(body).to.match(/^Hostname: web-/);
      } finally {
        await kubectl([
          '--namespace',
          NAMESPACE,
          'delete',
          'deployment',
          name,
          '--wait=true',
          '--timeout=60s',
        ]);
      }
    });
  }
});

/** A second Deployment with other labels, so that no Service sends anything to it. */
async function start(change: Variant['change']): Promise<string> {
  const deployment = await json<Deployment>([
    '--namespace',
    NAMESPACE,
    'get',
    'deployment',
    'ingress-nginx-controller',
  ]);
  const name = `variant-${Math.random().toString(36).slice(2, 7)}`;
  deployment.metadata = { name, labels: {} };
  delete deployment.status;
  deployment.spec.selector.matchLabels = { variant: name };
  deployment.spec.template.metadata.labels = { variant: name };
  deployment.spec.template.spec['terminationGracePeriodSeconds'] = 5;
  deployment.spec.template.spec.containers[0].args.push('--update-status=false');
  change(deployment);
  await apply(JSON.stringify(deployment), NAMESPACE);
  try {
    await kubectl(['--namespace', NAMESPACE, 'rollout', 'status', `deployment/${name}`, '--timeout=90s']);
  } catch (error) {
    throw new Error(`${String(error)}\n${await describePods(name)}`, { cause: error });
  }
  return name;
}

/** Why there is no pod that is ready. */
async function describePods(variant: string): Promise<string> {
  const pods = ['--namespace', NAMESPACE, '--selector', `variant=${variant}`];
  const described = await kubectl(['describe', 'pods', ...pods]);
  const logs = await kubectl(['logs', '--tail=20', ...pods]).catch(String);
  return `${described}\n${logs}`;
}
