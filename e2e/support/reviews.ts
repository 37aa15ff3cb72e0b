/** A steady stream of dry runs that need the admission webhook. */
import { setTimeout } from 'node:timers/promises';
import { silentLogger } from '../../src/lib/log.ts';
import { createKubeClient } from '../../src/source/kube/client.ts';
import { loadCredentials } from '../../src/source/kube/credentials.ts';
import type { LoadResult } from './load.ts';

export interface Reviews {
  stop(): Promise<LoadResult>;
}

/** The cluster may have webhooks of other installs, which fail when those come and go. */
const OF_OTHERS =
  /failed to call webhook: Post "https:\/\/(?!ingress-nginx-controller-admission\.ingress-nginx\.svc)/;
const CLIENTS = 3;
/** Milliseconds that a client rests. */
const PAUSE = 50;

/** Creates an Ingress that is never stored, again and again; the API server asks the webhook each time. */
export async function startReviews(namespace: string): Promise<Reviews> {
  const credentials = await loadCredentials({
    apiserverHost: '',
    kubeconfig: process.env['KUBECONFIG'] ?? '',
    certificateAuthority: '',
    log: silentLogger,
  });
  const client = createKubeClient({ credentials });
  const stopping = new AbortController();
  const failures: string[] = [];
  const started = performance.now();
  let sent = 0;

  async function run(id: number): Promise<void> {
    while (!stopping.signal.aborted) {
      sent++;
      const reason = await review(id).catch(String);
      if (reason !== '' && !OF_OTHERS.test(reason))
        failures.push(`${((performance.now() - started) / 1000).toFixed(2)} s: ${reason}`);
      await setTimeout(PAUSE);
    }
  }

  async function review(id: number): Promise<string> {
    const answer = await client.request({
      method: 'POST',
      path: `/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses`,
      query: { dryRun: 'All' },
      body: candidate(`review-${id}`, namespace),
    });
    return answer.problem;
  }

  const running = Array.from({ length: CLIENTS }, (_, id) => run(id));
  return {
    async stop() {
      stopping.abort();
      await Promise.all(running);
      await client.close();
      return { sent, failures };
    },
  };
}

function candidate(name: string, namespace: string) {
  const backend = { service: { name: 'web', port: { number: 80 } } };
  const paths = [{ path: '/', pathType: 'Prefix', backend }];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name },
    spec: { ingressClassName: 'nginx', rules: [{ host: `${name}.${namespace}.test`, http: { paths } }] },
  };
}
