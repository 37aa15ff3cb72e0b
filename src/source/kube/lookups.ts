import type { Logger } from '../../lib/log.ts';
import type { Kind, ObjectRef, ObjectsByKind } from '../objects.ts';
import { messageOf } from '../../lib/errors.ts';
import type { KubeClient } from './client.ts';
import { objectPath } from './kinds.ts';
import { isObject } from './shapes.ts';
import { slim } from './slim.ts';
import { systemClock } from './timings.ts';
import type { Clock } from './timings.ts';

export interface ApiServerCheck {
  readonly client: KubeClient;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Default 10. */
  readonly tries?: number;
  /** Milliseconds before the second try; each later pause is 1.5 times longer. Default 1000. */
  readonly firstPause?: number;
  readonly clock?: Clock;
}

/** From GET /version; empty text when the server does not say. */
export interface ServerVersion {
  readonly gitVersion: string;
  readonly platform: string;
}

/** Asks for the version until the server answers. Rejects after the last try, with its reason, or when the signal fires. */
export async function checkApiServer(check: ApiServerCheck): Promise<ServerVersion> {
  const { client, log, signal, tries = 10, firstPause = 1000, clock = systemClock } = check;
  let problem = '';
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const result = await askVersion(client, signal);
    if (typeof result !== 'string') return result;
    if (signal.aborted) throw new Error('stopped while waiting for the API server');
    problem = result;
    log.warn('the API server does not answer', { server: client.server.href, attempt, error: problem });
    if (attempt < tries) await clock.sleep(firstPause * 1.5 ** (attempt - 1), signal);
  }
  throw new Error(`the API server ${client.server.href} does not answer, ${tries} tries: ${problem}`);
}

async function askVersion(client: KubeClient, signal: AbortSignal): Promise<ServerVersion | string> {
  try {
    const { problem, body } = await client.request({ path: '/version', signal });
    if (problem !== '') return problem;
    if (!isObject(body)) return 'GET /version: the answer is not a Kubernetes version';
    return { gitVersion: String(body['gitVersion'] ?? ''), platform: String(body['platform'] ?? '') };
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * One object, slimmed, straight from the server; undefined when there is none. Rejects when the server cannot be reached or
 * refuses, with a message that names the request.
 */
export async function getObject<K extends Kind>(
  client: KubeClient,
  ref: ObjectRef & { readonly kind: K },
): Promise<ObjectsByKind[K] | undefined> {
  const { status, body, problem } = await client.request({ path: objectPath(ref) });
  if (status === 404) return undefined;
  if (problem !== '') throw new Error(problem);
  const object = slim(ref.kind, body);
  // slim gives the kind that it was asked for.
  return typeof object === 'string' ? undefined : (object as ObjectsByKind[K]);
}

/** For `--watch-namespace`, whose namespace must exist at start. Rejects like `getObject`. */
export async function namespaceExists(client: KubeClient, name: string): Promise<boolean> {
  return (await getObject(client, { kind: 'Namespace', namespace: '', name })) !== undefined;
}
