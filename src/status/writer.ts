/** Writes planned statuses: few at a time, only real changes, and nothing that was overtaken. */
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { ApiAnswer, KubeClient } from '../source/kube/client.ts';
import type { StatusWrite } from './plan.ts';

export interface StatusWriter {
  /** Resolves when all have been tried; failures are logged, and planned again by the next change or interval. */
  write(plan: readonly StatusWrite[], signal: AbortSignal): Promise<void>;
}

const CONCURRENCY = 10;

export function createStatusWriter(client: KubeClient, log: Logger): StatusWriter {
  const rights = { patch: 'unknown' as Right };
  return {
    async write(plan, signal) {
      const waiting = [...plan];
      const worker = async (): Promise<void> => {
        for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift()) {
          await writeOne(next, { client, log, signal, rights });
        }
      };
      await Promise.all(Array.from({ length: Math.min(CONCURRENCY, plan.length) }, worker));
    },
  };
}

type Right = 'unknown' | 'missing';

interface WriteContext {
  readonly client: KubeClient;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** The rights of ingress-nginx's manifests allow `update` of statuses only; what is found out holds for all. */
  readonly rights: { patch: Right };
}

async function writeOne(write: StatusWrite, context: WriteContext): Promise<void> {
  const { log, signal } = context;
  const { namespace, name, addresses } = write;
  const path = `/apis/networking.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/ingresses/${encodeURIComponent(name)}`;
  const ingress = `${namespace}/${name}`;
  try {
    const answer = (await patch(path, write, context)) ?? (await readAndUpdate(path, write, context));
    // Somebody was faster: the next event plans anew.
    if (answer.status === 404 || answer.status === 409) return;
    if (answer.status !== 200) throw new Error(answer.problem);
    log.info('updating Ingress status', { ingress, addresses });
  } catch (error) {
    if (!signal.aborted)
      log.warn('status of Ingress cannot be updated', { ingress, reason: messageOf(error) });
  }
}

const statusOf = ({ addresses }: StatusWrite) => ({ loadBalancer: { ingress: addresses } });

/** Null without the right to. */
async function patch(path: string, write: StatusWrite, context: WriteContext): Promise<ApiAnswer | null> {
  const { client, signal, rights } = context;
  if (rights.patch === 'missing') return null;
  const answer = await client.request({
    method: 'PATCH',
    path: `${path}/status`,
    body: { status: statusOf(write) },
    contentType: 'application/merge-patch+json',
    signal,
  });
  if (answer.status !== 403) return answer;
  rights.patch = 'missing';
  return null;
}

/** An update takes the whole object, so that it is read first. */
async function readAndUpdate(path: string, write: StatusWrite, context: WriteContext): Promise<ApiAnswer> {
  const { client, signal } = context;
  const found = await client.request({ path, signal });
  if (found.status !== 200) return found;
  const object = found.body as Readonly<Record<string, unknown>>;
  const body = { ...object, status: statusOf(write) };
  return client.request({ method: 'PUT', path: `${path}/status`, body, signal });
}
