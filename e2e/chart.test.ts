/** The Helm chart as its users have it: install, change, roll back, remove. */
import { Resolver } from 'node:dns/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { NAMESPACE, nodeAddress, nodePort } from './support/controller.ts';
import { certificateOf } from './support/handshakes.ts';
import { createHelm } from './support/helm.ts';
import type { Helm } from './support/helm.ts';
import {
  apply,
  createNamespace,
  deleteNamespace,
  eventually,
  json,
  kubectl,
  refusal,
} from './support/kubectl.ts';
import { echo, ingress } from './support/objects.ts';

const IMAGE = 'tidegate/controller:0.1.0';
const CURL = ['--silent', '--fail', '--noproxy', '*', '--max-time', '3'];
const DIGEST = `sha256:${'5'.repeat(64)}`;
const FOREIGN = [
  `registry.k8s.io/ingress-nginx/controller:v1.15.1@${DIGEST}`,
  `registry.k8s.io/ingress-nginx/kube-webhook-certgen:v1.6.9@${DIGEST}`,
];

/** Images as the ingress-nginx chart names them: with these values, ours renders what that chart renders. */
const asIngressNginx = {
  global: { image: { registry: 'registry.k8s.io' } },
  controller: {
    image: { image: 'ingress-nginx/controller', tag: 'v1.15.1', digest: DIGEST },
    admissionWebhooks: {
      patch: { image: { image: 'ingress-nginx/kube-webhook-certgen', tag: 'v1.6.9', digest: DIGEST } },
    },
  },
};

interface Named {
  readonly items: readonly { readonly kind: string; readonly metadata: { readonly name: string } }[];
}

/** A class, a controller value and ports of its own: another controller may be at work in the cluster. */
function ownPlace(className: string) {
  return {
    controller: {
      ingressClassResource: { name: className, controllerValue: `tidegate.test/${className}` },
      ingressClass: className,
      service: { type: 'NodePort' },
      publishService: { enabled: false },
    },
  };
}

const cases: Readonly<Record<string, { readonly release: string; readonly values: object }>> = {
  'with the images of this project': { release: 'edge', values: {} },
  'as the chart of ingress-nginx, with its image names': {
    release: 'swap-ingress-nginx',
    values: asIngressNginx,
  },
};

for (const [what, { release, values }] of Object.entries(cases)) {
  describe(`the chart ${what}`, () => {
    const className = `chart-${Math.random().toString(36).slice(2, 7)}`;
    const fullName = release.includes('ingress-nginx') ? release : `${release}-ingress-nginx`;
    const host = `www.${className}.test`;
    let helm: Helm;
    let namespace: string;

    const own = (name: string, annotations: Readonly<Record<string, string>> = {}) =>
      ingress({ name, host, service: 'web', annotations }).replace(
        'ingressClassName: nginx',
        `ingressClassName: ${className}`,
      );

    const port = (name: string) =>
      kubectl([
        '--namespace',
        namespace,
        'get',
        `service/${fullName}-controller`,
        '-o',
        `jsonpath={.spec.ports[?(@.name=="${name}")].nodePort}`,
      ]);

    async function page(): Promise<string> {
      const url = `http://${nodeAddress()}:${await port('http')}/`;
      return (await execa('curl', [...CURL, '--header', `Host: ${host}`, url])).stdout;
    }

    before(async () => {
      const images = join(process.env['TIDEGATE_CLUSTER'] ?? '', 'image');
      await execa(images, ['tag', `docker.io/${IMAGE}`, ...FOREIGN]);
      namespace = await createNamespace('chart');
      helm = await createHelm({ namespace, release });
      await apply(echo('web', 1), namespace);
    });

    after(async () => {
      await helm.remove();
      await deleteNamespace(namespace);
    });

    it('installs, with a certificate for the webhook', async () => {
      await helm.run('install', [ownPlace(className), values]);
      await kubectl(['get', 'ingressclass', className]);
      const jobs = await json<Named>(['--namespace', namespace, 'get', 'jobs']);
      expect(jobs.items, 'hooks that succeeded are removed').to.deep.equal([]);
    });

    it('serves a page, and refuses what it cannot serve', async () => {
      await eventually('an Ingress', async () => (await apply(own('web'), namespace)) || null);
      expect(await eventually('a page', page)).to.match(/^Hostname: web-/);
      const bad = own('bad', { 'nginx.ingress.kubernetes.io/client-body-buffer-size': 'much' });
      const words = await refusal(bad, namespace);
      expect(words.slice(words.indexOf('denied the request'))).to.include('client-body-buffer-size');
    });

    it('shows the metrics and a second replica after an upgrade', async () => {
      const more = { controller: { metrics: { enabled: true }, replicaCount: 2, minAvailable: 1 } };
      await helm.run('upgrade', [ownPlace(className), values, more]);
      expect(await eventually('a page', page)).to.match(/^Hostname: web-/);
      await kubectl([
        '--namespace',
        namespace,
        'get',
        `service/${fullName}-controller-metrics`,
        `poddisruptionbudget/${fullName}-controller`,
      ]);
    });

    it('hands TCP, UDP and undecrypted TLS on', async () => {
      const streams = {
        tcp: { '9000': `${namespace}/web:80` },
        udp: { '9053': 'kube-system/kube-dns:53' },
        controller: { extraArgs: { 'enable-ssl-passthrough': '' } },
      };
      await helm.run('upgrade', [ownPlace(className), values, streams]);
      const [tcp, udp, https] = await Promise.all(['9000-tcp', '9053-udp', 'https'].map(port));
      const answer = await eventually('a page over TCP', () =>
        execa('curl', [...CURL, `http://${nodeAddress()}:${tcp}/`]),
      );
      expect(answer.stdout).to.match(/^Hostname: web-/);
      const resolver = new Resolver({ timeout: 2000, tries: 2 });
      resolver.setServers([`${nodeAddress()}:${udp}`]);
      const name = 'kubernetes.default.svc.cluster.local';
      const addresses = await eventually('an answer over UDP', () => resolver.resolve4(name));
      expect(addresses).to.have.length(1);
      // The other controller of the cluster, with a certificate of its own.
      const inner = ingress({
        name: className,
        host: `inner.${host}`,
        service: 'ingress-nginx-controller',
        annotations: { 'nginx.ingress.kubernetes.io/ssl-passthrough': 'true' },
      })
        .replace('ingressClassName: nginx', `ingressClassName: ${className}`)
        .replace('number: 80', 'number: 443');
      await eventually('an Ingress', async () => (await apply(inner, NAMESPACE)) || null);
      try {
        const theirs = await certificateOf(host, await nodePort('https'));
        await eventually('their certificate', async () =>
          (await certificateOf(`inner.${host}`, Number(https))) === theirs ? true : null,
        );
        expect(await certificateOf(host, Number(https))).to.not.equal(theirs);
      } finally {
        await kubectl(['--namespace', NAMESPACE, 'delete', 'ingress', className]);
      }
    });

    it('leaves nothing of the cluster behind', async () => {
      await helm.remove();
      const kinds = 'ingressclasses,clusterroles,clusterrolebindings,validatingwebhookconfigurations';
      const left = await json<Named>(['get', kinds, '--selector', `app.kubernetes.io/instance=${release}`]);
      expect(left.items).to.deep.equal([]);
      const workloads = await json<Named>([
        '--namespace',
        namespace,
        'get',
        'deployments,services,configmaps,serviceaccounts',
        '--selector',
        `app.kubernetes.io/instance=${release}`,
      ]);
      expect(workloads.items).to.deep.equal([]);
    });
  });
}
