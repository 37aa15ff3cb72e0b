/** One namespace with Services and Ingresses, for one group of features of the Ingress API. */
import { rollout } from '../support/controller.ts';
import { createAsker } from '../support/ask.ts';
import type { Asker } from '../support/ask.ts';
import { apply, createNamespace, deleteNamespace } from '../support/kubectl.ts';
import { echo } from '../support/objects.ts';

export interface PathSpec {
  readonly path: string;
  readonly type?: 'Exact' | 'Prefix' | 'ImplementationSpecific';
  readonly to: string;
}

export interface Rule {
  /** Empty: none. */
  readonly host: string;
  readonly paths: readonly PathSpec[];
}

export interface IngressSpec {
  readonly rules?: readonly Rule[];
  readonly defaultBackend?: string;
  readonly tls?: readonly { readonly hosts?: readonly string[]; readonly secretName: string }[];
  /** Null: none. Default `nginx`. */
  readonly className?: string | null;
  readonly annotations?: Readonly<Record<string, string>>;
}

export function ingressOf(name: string, spec: IngressSpec): string {
  const className = spec.className === undefined ? 'nginx' : spec.className;
  const backend = (service: string) => ({ service: { name: service, port: { number: 80 } } });
  const rules = spec.rules?.map(({ host, paths }) => ({
    ...(host === '' ? {} : { host }),
    http: {
      paths: paths.map(({ path, type = 'Prefix', to }) => ({ path, pathType: type, backend: backend(to) })),
    },
  }));
  return JSON.stringify({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, annotations: spec.annotations ?? {} },
    spec: {
      ...(className === null ? {} : { ingressClassName: className }),
      ...(spec.defaultBackend === undefined ? {} : { defaultBackend: backend(spec.defaultBackend) }),
      ...(spec.tls === undefined ? {} : { tls: spec.tls }),
      ...(rules === undefined ? {} : { rules }),
    },
  });
}

export interface Site {
  readonly namespace: string;
  readonly ask: Asker;
  apply(...objects: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** @param services names of Services; each has one pod that says its name. */
export async function openSite(name: string, services: readonly string[]): Promise<Site> {
  const namespace = await createNamespace(name);
  const applyHere = async (...objects: readonly string[]) => {
    await apply(objects.join('\n---\n'), namespace);
  };
  await applyHere(...services.map((service) => echo(service, 1)));
  await Promise.all(services.map((service) => rollout(service, namespace)));
  return {
    namespace,
    ask: await createAsker(),
    apply: applyHere,
    close: () => deleteNamespace(namespace),
  };
}
