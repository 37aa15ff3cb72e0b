/** Writes planned statuses: few at a time, only real changes, and nothing that was overtaken. */
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { KubeClient } from '../source/kube/client.ts';
import type { StatusWrite } from './plan.ts';

export interface StatusWriter {
  /** Resolves when all have been tried; failures are logged, and planned again by the next change or interval. */
  write(plan: readonly StatusWrite[], signal: AbortSignal): Promise<void>;
}

const CONCURRENCY = 10;

export function createStatusWriter(client: KubeClient, log: Logger): StatusWriter {
  return {
    async write(plan, signal) {
      const waiting = [...plan];
      const worker = async (): Promise<void> => {
        for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift()) {
          await writeOne(next, { client, log, signal });
        }
      };
      await Promise.all(Array.from({ length: Math.min(CONCURRENCY, plan.length) }, worker));
    },
  };
}

interface WriteContext {
  readonly client: KubeClient;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** The usual rights allow `update` of the status only, which takes the whole object: it is read first. */
async function writeOne({ namespace, name, addresses }: StatusWrite, context: WriteContext): Promise<void> {
  const { client, log, signal } = context;
  const path = `/apis/networking.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/ingresses/${encodeURIComponent(name)}`;
  const ingress = `${namespace}/${name}`;
  try {
    const found = await client.request({ path, signal });
    if (found.status === 404) return;
    if (found.status !== 200) throw new Error(found.problem);
    const object = found.body as Readonly<Record<string, unknown>>;
    const body = { ...object, status: { loadBalancer: { ingress: addresses } } };
    const answer = await client.request({ method: 'PUT', path: `${path}/status`, body, signal });
    // Somebody was faster: the next event plans anew.
    if (answer.status === 404 || answer.status === 409) return;
    if (answer.status !== 200) throw new Error(answer.problem);
    log.info('updating Ingress status', { ingress, addresses });
  } catch (error) {
    if (!signal.aborted)
      log.warn('status of Ingress cannot be updated', { ingress, reason: messageOf(error) });
  }
}
