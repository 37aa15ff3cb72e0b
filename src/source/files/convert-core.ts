import type { ConfigMap, Ingress, Namespace, Node, Pod, Secret, Service, ServicePort } from '../objects.ts';
import {
  type At,
  bool,
  child,
  compact,
  dictionary,
  isDictionary,
  list,
  needed,
  portNumber,
  portOrName,
  text,
  textMap,
} from './check.ts';
import { seal, type WrittenMeta } from './identity.ts';

const apiVersion = 'v1';

export function loadBalancerStatus(at: At): Ingress['status'] {
  const status = dictionary(child(at, 'status'));
  const loadBalancer = status && dictionary(child(status, 'loadBalancer'));
  if (loadBalancer === undefined) return undefined;
  const addresses = list(
    child(loadBalancer, 'ingress'),
    (item) =>
      dictionary(item) && compact({ ip: text(child(item, 'ip')), hostname: text(child(item, 'hostname')) }),
  );
  return { loadBalancer: compact({ ingress: addresses }) };
}

export function service(at: At, metadata: WrittenMeta): Service {
  const spec = child(at, 'spec');
  dictionary(spec);
  const rest = compact({
    spec: compact({
      type: text(child(spec, 'type')) ?? 'ClusterIP',
      clusterIP: text(child(spec, 'clusterIP')),
      clusterIPs: list(child(spec, 'clusterIPs'), text),
      externalName: text(child(spec, 'externalName')),
      externalIPs: list(child(spec, 'externalIPs'), text),
      ports: list(child(spec, 'ports'), readServicePort),
      publishNotReadyAddresses: bool(child(spec, 'publishNotReadyAddresses')),
      trafficDistribution: text(child(spec, 'trafficDistribution')),
    }),
    status: loadBalancerStatus(at),
  });
  return seal({ kind: 'Service', apiVersion, metadata }, rest);
}

function readServicePort(at: At): ServicePort | undefined {
  if (dictionary(at) === undefined) return undefined;
  const port = needed(child(at, 'port'), portNumber);
  const nodePort = child(at, 'nodePort');
  const rest = {
    name: text(child(at, 'name')),
    protocol: text(child(at, 'protocol')) ?? 'TCP',
    targetPort: portOrName(child(at, 'targetPort')) ?? port,
    // 0 is how manifests ask for any node port.
    nodePort: nodePort.value === 0 ? undefined : portNumber(nodePort),
  };
  return port === undefined ? undefined : compact({ ...rest, port });
}

export function secret(at: At, metadata: WrittenMeta): Secret {
  const plain = textMap(child(at, 'stringData')) ?? {};
  const encoded = Object.entries(plain).map(([key, value]) => [
    key,
    Buffer.from(value, 'utf8').toString('base64'),
  ]);
  const data = {
    ...readBase64(child(at, 'data')),
    ...(Object.fromEntries(encoded) as Record<string, string>),
  };
  return seal(
    { kind: 'Secret', apiVersion, metadata },
    compact({
      type: text(child(at, 'type')) ?? 'Opaque',
      data: Object.keys(data).length === 0 ? undefined : data,
    }),
  );
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Line ends are dropped, as Go's decoder does, because block text in YAML has them. */
function readBase64(at: At): Readonly<Record<string, string>> {
  const entries = Object.entries(textMap(at) ?? {}).map(([key, value]) => {
    const joined = value.replace(/[\r\n]/g, '');
    if (!base64.test(joined)) {
      at.report(child(at, key).field, 'is not base64; encode it, or write the plain text under stringData');
    }
    return [key, joined] as const;
  });
  return Object.fromEntries(entries);
}

export function configMap(at: At, metadata: WrittenMeta): ConfigMap {
  return seal({ kind: 'ConfigMap', apiVersion, metadata }, compact({ data: textMap(child(at, 'data')) }));
}

export function namespace(_at: At, metadata: WrittenMeta): Namespace {
  return seal({ kind: 'Namespace', apiVersion, metadata }, {});
}

export function node(at: At, metadata: WrittenMeta): Node {
  const addresses = list(child(child(at, 'status'), 'addresses'), (item) => {
    const type = needed(child(item, 'type'), text);
    const address = needed(child(item, 'address'), text);
    return type === undefined || address === undefined ? undefined : { type, address };
  });
  return seal({ kind: 'Node', apiVersion, metadata }, compact({ status: addresses && { addresses } }));
}

export function pod(at: At, metadata: WrittenMeta): Pod {
  const spec = child(at, 'spec');
  const status = child(at, 'status');
  const conditions = list(child(status, 'conditions'), (item) => {
    const type = needed(child(item, 'type'), text);
    const value = needed(child(item, 'status'), text);
    return type === undefined || value === undefined ? undefined : { type, status: value };
  });
  const rest = compact({
    spec: isDictionary(spec.value) ? compact({ nodeName: text(child(spec, 'nodeName')) }) : undefined,
    status: isDictionary(status.value)
      ? compact({ phase: text(child(status, 'phase')), podIP: text(child(status, 'podIP')), conditions })
      : undefined,
  });
  return seal({ kind: 'Pod', apiVersion, metadata }, rest);
}
