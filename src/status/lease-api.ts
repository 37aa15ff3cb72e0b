/** One Lease of coordination.k8s.io/v1 over HTTP. */
import type { ApiAnswer, KubeClient } from '../source/kube/client.ts';

export interface LeaseRef {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
}

export interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly leaseTransitions?: number;
  /** MicroTime: RFC 3339 with exactly six digits of a second. */
  readonly acquireTime?: string;
  readonly renewTime?: string;
}

export interface Lease {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly spec?: LeaseSpec;
}

function pathOf({ namespace }: LeaseRef): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`;
}

/** Null when there is none. @throws when the API server says no or nothing. */
export async function readLease(ref: LeaseRef, signal?: AbortSignal): Promise<Lease | null> {
  const path = `${pathOf(ref)}/${encodeURIComponent(ref.name)}`;
  const answer = await ref.client.request({ path, ...(signal === undefined ? {} : { signal }) });
  if (answer.status === 404) return null;
  if (answer.status !== 200) throw new Error(answer.problem);
  return answer.body as Lease;
}

export type LeaseWritten = 'written' | 'overtaken';

/** Creates the Lease, or replaces the version that was read. @throws when the API server says no or nothing. */
export async function writeLease(ref: LeaseRef, read: Lease | null, spec: LeaseSpec): Promise<LeaseWritten> {
  const body = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { ...read?.metadata, namespace: ref.namespace, name: ref.name },
    spec,
  };
  const answer: ApiAnswer =
    read === null
      ? await ref.client.request({ method: 'POST', path: pathOf(ref), body })
      : await ref.client.request({
          method: 'PUT',
          path: `${pathOf(ref)}/${encodeURIComponent(ref.name)}`,
          body,
        });
  if (answer.status === 409) return 'overtaken';
  if (answer.status >= 300) throw new Error(answer.problem);
  return 'written';
}

export function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z');
}
