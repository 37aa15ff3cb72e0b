/** kubectl as the tests use it: text in, text out, the user's messages on failure. */
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';

export class KubectlError extends Error {
  override readonly name = 'KubectlError';
}

/** @throws KubectlError with what kubectl printed. */
export async function kubectl(args: readonly string[], input?: string): Promise<string> {
  const result = await execa('kubectl', args, { reject: false, ...(input === undefined ? {} : { input }) });
  if (result.exitCode !== 0)
    throw new KubectlError(`kubectl ${args.join(' ')}: ${result.stderr || result.stdout}`);
  return result.stdout;
}

export function apply(yaml: string, namespace?: string): Promise<string> {
  return kubectl([...(namespace === undefined ? [] : ['--namespace', namespace]), 'apply', '-f', '-'], yaml);
}

/** What kubectl says when the API server refuses the objects. @throws when it does not refuse them. */
export async function refusal(yaml: string, namespace: string): Promise<string> {
  try {
    await apply(yaml, namespace);
  } catch (error) {
    if (error instanceof KubectlError) return error.message;
    throw error;
  }
  throw new Error('the API server took objects that it should have refused');
}

export async function json<T>(args: readonly string[]): Promise<T> {
  return JSON.parse(await kubectl([...args, '-o', 'json'])) as T;
}

interface IngressObject {
  readonly metadata: { readonly resourceVersion: string };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } };
}

export interface IngressState {
  /** The same as before: nobody has written to it meanwhile. */
  readonly version: string;
  readonly addresses: readonly string[];
}

export async function ingressState(name: string, namespace: string): Promise<IngressState> {
  const { metadata, status } = await json<IngressObject>(['--namespace', namespace, 'get', 'ingress', name]);
  const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip = '' }) => ip);
  return { version: metadata.resourceVersion, addresses };
}

/** Asks again until the answer is not null. @throws with `what` and the last error after `seconds`. */
export async function eventually<T>(what: string, ask: () => Promise<T | null>, seconds = 60): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  let last: unknown = 'no answer';
  while (Date.now() < deadline) {
    try {
      const answer = await ask();
      if (answer !== null) return answer;
    } catch (error) {
      last = error;
    }
    await setTimeout(200);
  }
  throw new Error(`${what}: not within ${seconds} s; last: ${String(last)}`);
}

/** Milliseconds; nginx tells workers of the configuration before to go 100 ms after it has started new ones. */
const OVERLAP = 500;

/**
 * The same until every answer is right for so many milliseconds. By default for what nginx serves: workers of the configuration
 * before no longer take connections either.
 */
export function lasting<T>(what: string, ask: () => Promise<T | null>, milliseconds = OVERLAP): Promise<T> {
  return eventually(what, async () => {
    const end = Date.now() + milliseconds;
    let answer = await ask();
    while (answer !== null && Date.now() < end) {
      await setTimeout(20);
      answer = await ask();
    }
    return answer;
  });
}

/** Until then, Ingresses of earlier suites may still go, and each makes the controller reload. */
export async function namespacesEnded(): Promise<void> {
  const ended = async () => {
    const phases = await kubectl(['get', 'namespaces', '-o', 'jsonpath={.items[*].status.phase}']);
    return phases.includes('Terminating') ? null : true;
  };
  await eventually('the end of all namespaces that were deleted', ended, 120);
}

/** A namespace of its own for one suite, removed afterwards without waiting. */
export async function createNamespace(name: string): Promise<string> {
  const unique = `${name}-${Math.random().toString(36).slice(2, 7)}`;
  await kubectl(['create', 'namespace', unique]);
  return unique;
}

export async function deleteNamespace(name: string): Promise<void> {
  await kubectl(['delete', 'namespace', name, '--wait=false']);
}
