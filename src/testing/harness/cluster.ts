/** Objects in the fake API server, as `kubectl apply` would bring them there. */
import type { FakeApi } from '../fake-api/server.ts';
import { keyOf } from '../fake-api/store.ts';
import type { FakeObject } from '../fake-api/store.ts';

/** Creates or updates each object. */
export function apply(api: FakeApi, ...objects: readonly FakeObject[]): void {
  for (const object of objects) {
    if (api.get(object.kind, keyOf(object)) === undefined) api.create(object);
    else api.update(object);
  }
}

export function namespace(name: string, labels: Readonly<Record<string, string>> = {}): FakeObject {
  return { kind: 'Namespace', metadata: { name, labels } };
}

export interface KubeconfigParts {
  readonly server: string;
  readonly token: string;
  /** PEM; empty: the server speaks plain HTTP. */
  readonly ca: string;
}

/** The text of a kubeconfig with one user who has a token. */
export function kubeconfig({ server, token, ca }: KubeconfigParts): string {
  const authority = ca === '' ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server, ...authority } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  });
}
