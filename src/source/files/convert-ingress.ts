import type {
  Ingress,
  IngressBackend,
  IngressClass,
  IngressPath,
  IngressRule,
  IngressTls,
} from '../objects.ts';
import {
  type At,
  child,
  compact,
  dictionary,
  isAbsent,
  list,
  needed,
  portNumber,
  portOrName,
  text,
} from './check.ts';
import { loadBalancerStatus } from './convert-core.ts';
import { seal, type WrittenMeta } from './identity.ts';

/** The two shapes in which an Ingress names its backends: `serviceName` before, `service.name` in networking.k8s.io/v1. */
type Shape = 'beta' | 'v1';

const apiVersion = 'networking.k8s.io/v1';

export function ingress(at: At, metadata: WrittenMeta): Ingress {
  return fromShape(at, metadata, 'v1');
}

/** `extensions/v1beta1` and `networking.k8s.io/v1beta1`, as the API server converts them. */
export function betaIngress(at: At, metadata: WrittenMeta): Ingress {
  return fromShape(at, metadata, 'beta');
}

function fromShape(at: At, metadata: WrittenMeta, shape: Shape): Ingress {
  const spec = child(at, 'spec');
  dictionary(spec);
  const rest = compact({
    spec: compact({
      ingressClassName: text(child(spec, 'ingressClassName')),
      defaultBackend: defaultBackend(spec, shape),
      rules: list(child(spec, 'rules'), (rule) => readRule(rule, shape)),
      tls: list(child(spec, 'tls'), readTls),
    }),
    status: loadBalancerStatus(at),
  });
  return seal({ kind: 'Ingress', apiVersion, metadata }, rest);
}

function defaultBackend(spec: At, shape: Shape): IngressBackend | undefined {
  const [key, other] = shape === 'v1' ? ['defaultBackend', 'backend'] : ['backend', 'defaultBackend'];
  misplaced(child(spec, other), shape, key);
  const at = child(spec, key);
  return isAbsent(at) ? undefined : readBackend(at, shape);
}

/** Reports a field of the other shape, which the API server would drop without a word. */
function misplaced(at: At, shape: Shape, instead: string): void {
  if (isAbsent(at)) return;
  const owner = shape === 'v1' ? 'the v1beta1 versions' : apiVersion;
  at.report(at.field, `belongs to ${owner}; write ${instead} here, or change apiVersion`);
}

function readRule(at: At, shape: Shape): IngressRule | undefined {
  if (dictionary(at) === undefined) return undefined;
  const http = dictionary(child(at, 'http'));
  return compact({
    host: text(child(at, 'host')),
    http: http && compact({ paths: list(child(http, 'paths'), (path) => readPath(path, shape)) }),
  });
}

function readPath(at: At, shape: Shape): IngressPath | undefined {
  if (dictionary(at) === undefined) return undefined;
  const path = text(child(at, 'path'));
  const pathType = text(child(at, 'pathType')) ?? 'ImplementationSpecific';
  const backend = needed(child(at, 'backend'), (backend) => readBackend(backend, shape));
  return backend && compact({ path, pathType, backend });
}

function readBackend(at: At, shape: Shape): IngressBackend | undefined {
  if (dictionary(at) === undefined) return undefined;
  const resource = readResource(child(at, 'resource'));
  const service = shape === 'v1' ? readService(at) : readBetaService(at);
  if (resource === undefined && service === undefined && isAbsent(child(at, 'resource'))) {
    if (!hasServiceField(at))
      at.report(at.field, `needs ${shape === 'v1' ? 'service or resource' : 'serviceName and servicePort'}`);
    return undefined;
  }
  return compact({ service, resource });
}

/** Whether another message already speaks about the Service of this backend. */
function hasServiceField(at: At): boolean {
  return ['service', 'serviceName', 'servicePort'].some((key) => !isAbsent(child(at, key)));
}

function readResource(at: At): IngressBackend['resource'] {
  if (dictionary(at) === undefined) return undefined;
  const kind = needed(child(at, 'kind'), text);
  const name = needed(child(at, 'name'), text);
  const apiGroup = text(child(at, 'apiGroup'));
  return kind === undefined || name === undefined ? undefined : compact({ kind, name, apiGroup });
}

function readService(backend: At): IngressBackend['service'] {
  misplaced(child(backend, 'serviceName'), 'v1', 'service.name');
  misplaced(child(backend, 'servicePort'), 'v1', 'service.port.number or service.port.name');
  const at = dictionary(child(backend, 'service'));
  if (at === undefined) return undefined;
  const name = needed(child(at, 'name'), text);
  const port = dictionary(child(at, 'port'));
  const ports =
    port && compact({ name: text(child(port, 'name')), number: portNumber(child(port, 'number')) });
  return name === undefined ? undefined : compact({ name, port: ports });
}

function readBetaService(backend: At): IngressBackend['service'] {
  misplaced(child(backend, 'service'), 'beta', 'serviceName and servicePort');
  const name = text(child(backend, 'serviceName'));
  const port = portOrName(child(backend, 'servicePort'));
  if (name === undefined) {
    if (port !== undefined) needed(child(backend, 'serviceName'), text);
    return undefined;
  }
  if (port === undefined) return { name };
  return { name, port: typeof port === 'number' ? { number: port } : { name: port } };
}

function readTls(at: At): IngressTls | undefined {
  if (dictionary(at) === undefined) return undefined;
  return compact({ hosts: list(child(at, 'hosts'), text), secretName: text(child(at, 'secretName')) });
}

export function ingressClass(at: At, metadata: WrittenMeta): IngressClass {
  const spec = child(at, 'spec');
  dictionary(spec);
  const rest = { spec: compact({ controller: text(child(spec, 'controller')) }) };
  return seal({ kind: 'IngressClass', apiVersion, metadata }, rest);
}
