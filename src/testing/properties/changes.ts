/** Random changes of a small cluster: few names and hosts, so that they meet all the time. */
import fc from 'fast-check';
import type { Stores } from '../../cluster/stores.ts';
import type { Kind, KubeObject } from '../../source/objects.ts';
import { examplePair, otherPair, renewedPair, tlsSecret } from '../builders/certificates.ts';
import { backend, configMap, ingress, ingressClass, secret, service, slice } from '../builders/objects.ts';

export type Change =
  | { readonly do: 'put'; readonly object: KubeObject }
  | { readonly do: 'remove'; readonly kind: Kind; readonly key: string };

// one/b-c and one-b/c would share the name of a backend.
const names = ['a', 'b-c', 'c'] as const;
const namespaces = ['one', 'one-b', 'two'] as const;
const name = fc.constantFrom(...names);
const namespace = fc.constantFrom(...namespaces);
const created = fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z');
const host = fc.constantFrom(undefined, 'a.example.com', 'b.example.com', '*.example.com', 'x.other.test');
const port = fc.constantFrom<number | string>(80, 'http', 8080, 'nothing');
// Versions are never the same twice, as in etcd, also when an object comes back.
let version = 0;
const fresh = () => String(++version);

const path = fc.record({
  path: fc.constantFrom('/', '/a', '/a/', '/a/b', '/a(/|$)(.*)', '/[', '/.well-known/acme-challenge/x'),
  type: fc.constantFrom('Prefix', 'Exact', 'ImplementationSpecific', ''),
  service: name,
  port,
});

const annotations = fc.record(
  {
    'rewrite-target': fc.constantFrom('/', '/$2', '/new', 'bad value'),
    'use-regex': fc.constantFrom('true', 'false', 'perhaps'),
    'x-forwarded-prefix': fc.constantFrom('/p', 'bad value'),
    'ssl-redirect': fc.constantFrom('true', 'false'),
    'force-ssl-redirect': fc.constantFrom('true', 'false'),
    'proxy-body-size': fc.constantFrom('8m', '0', 'much'),
    'proxy-buffers-number': fc.constantFrom('2', '8'),
    'proxy-read-timeout': fc.constantFrom('5', '6s'),
    'client-body-buffer-size': fc.constantFrom('16k', 'x'),
    'service-upstream': fc.constantFrom('true', 'false'),
    'auth-url': fc.constant('http://auth'),
    canary: fc.constantFrom('true', 'false'),
    'canary-weight': fc.constantFrom('10', '90'),
    'load-balance': fc.constantFrom('ewma', 'round_robin', 'random'),
    'upstream-hash-by': fc.constantFrom('$host', '$arg_x'),
    affinity: fc.constantFrom('cookie', 'none'),
    'affinity-mode': fc.constantFrom('balanced', 'persistent'),
    'server-alias': fc.constantFrom('b.example.com', 'alias.test', 'other.test,alias.test'),
    'from-to-www-redirect': fc.constantFrom('true', 'false'),
    'app-root': fc.constantFrom('/app', 'bad'),
    'auth-tls-secret': fc.constantFrom('one/tls', 'one-b/tls', 'two/tls-2', 'tls'),
    'auth-tls-verify-client': fc.constantFrom('on', 'optional', 'often'),
    'auth-tls-match-cn': fc.constantFrom('CN=a', 'CN=('),
    'backend-protocol': fc.constantFrom('HTTPS', 'GRPCS', 'FCGI', 'HTTP'),
    'proxy-ssl-secret': fc.constantFrom('one/tls', 'one-b/tls', 'two/tls-2', 'tls'),
    'proxy-ssl-verify': fc.constantFrom('on', 'off'),
    'fastcgi-params-configmap': fc.constantFrom('php', 'one/php'),
    'ssl-ciphers': fc.constantFrom('HIGH', 'NONE'),
    'permanent-redirect': fc.constantFrom('https://x.test', 'bad value'),
    'limit-rps': fc.constantFrom('5', 'many'),
    'limit-allowlist': fc.constantFrom('10.0.0.0/8', '10.0.0.0/8,192.0.2.1'),
    'denylist-source-range': fc.constantFrom('10.0.0.0/8', '10.0.0.0/8,192.0.2.1'),
  },
  { requiredKeys: [] },
);

/** Of which a namespace may have few; with all of the above, most Ingresses are left out for one of them. */
const limits = fc.record(
  {
    'limit-rps': fc.constantFrom('5', '6', '0'),
    'limit-connections': fc.constantFrom('5', '-1'),
    'auth-tls-secret': fc.constantFrom('one/tls', 'two/tls'),
    'proxy-ssl-secret': fc.constantFrom('one/tls', 'two/tls'),
    canary: fc.constantFrom('true', 'false'),
  },
  { requiredKeys: ['limit-rps'] },
);

const tls = fc.array(
  fc.record({
    secretName: fc.constantFrom('tls', 'tls-2', ''),
    hosts: fc.subarray(['a.example.com', 'b.example.com', 'x.other.test']),
  }),
  { maxLength: 2 },
);

const ingressFields = fc.record({
  name,
  namespace,
  created,
  rules: fc.array(fc.record({ host, paths: fc.array(path, { maxLength: 3 }) }), { maxLength: 2 }),
  tls,
  className: fc.constantFrom('nginx', 'nginx', 'nginx', 'foreign'),
  fallback: fc.option(name, { freq: 4 }),
});

const ingressWith = (annotated: typeof annotations | typeof limits) =>
  fc.tuple(ingressFields, annotated).map(([{ fallback, rules, ...spec }, chosen]) =>
    ingress({
      ...spec,
      annotations: chosen,
      rules: rules.map(({ host: own, paths }) => (own === undefined ? { paths } : { host: own, paths })),
      version: fresh(),
      ...(fallback === null ? {} : { defaultBackend: backend(fallback) }),
    }),
  );

const aService = fc
  .record({
    name,
    namespace,
    type: fc.constantFrom('ClusterIP', 'ClusterIP', 'ExternalName'),
    externalName: fc.constantFrom('up.example.org', 'localhost', '127.0.0.1'),
    clusterIP: fc.constantFrom('10.96.0.1', 'None'),
    port: fc.constantFrom(80, 8080),
  })
  .map(({ port: number, ...spec }) =>
    service({ ...spec, version: fresh(), ports: [{ name: 'http', port: number, targetPort: 8080 }] }),
  );

const aSlice = fc
  .record({
    namespace,
    service: name,
    index: fc.constantFrom(1, 2),
    addresses: fc.subarray(['10.0.0.1', '10.0.0.2', '169.254.169.254', '10.0.0.3']),
  })
  .map(({ index, ...spec }) => slice({ ...spec, name: `${spec.service}-${index}`, version: fresh() }));

const aSecret = fc
  .record({
    name: fc.constantFrom('tls', 'tls-2'),
    namespace,
    pair: fc.constantFrom(examplePair, renewedPair, otherPair, { certificate: 'x', key: 'y' }),
  })
  .map((spec) => tlsSecret({ ...spec, version: fresh() }));

const anAuthority = fc
  .record({
    name: fc.constantFrom('tls', 'tls-2'),
    namespace,
    certificate: fc.constantFrom(examplePair.certificate, otherPair.certificate, 'x'),
  })
  .map(({ certificate, ...spec }) => secret({ ...spec, version: fresh(), data: { 'ca.crt': certificate } }));

const aClass = fc
  .record({ controller: fc.constantFrom('k8s.io/ingress-nginx', 'somebody.else') })
  .map((spec) => ingressClass({ ...spec, version: fresh() }));

const someSettings = fc
  .record(
    {
      'proxy-buffers-number': fc.constantFrom('2', '4'),
      'proxy-body-size': fc.constantFrom('2m', 'bad'),
      'enable-ocsp': fc.constantFrom('true', 'false'),
      'allow-cross-namespace-resources': fc.constantFrom('true', 'false'),
      'proxy-ssl-location-only': fc.constantFrom('true', 'false'),
      'use-http2': fc.constantFrom('true', 'false'),
      'strict-validate-path-type': fc.constantFrom('true', 'false'),
      'no-tls-redirect-locations': fc.constantFrom('/a', ''),
      'proxy-buffer-size': fc.constantFrom('8k', '16k'),
    },
    { requiredKeys: [] },
  )
  .map((data) => configMap(data, { version: fresh() }));

const someParams = fc
  .record({ namespace, data: fc.constantFrom({ A: '1' }, { A: '$uri', B: '' }, { A: '$x' }) })
  .map(({ data, ...at }) => configMap(data, { ...at, name: 'php', version: fresh() }));

const put = fc
  .oneof(
    { arbitrary: ingressWith(annotations), weight: 4 },
    { arbitrary: ingressWith(limits), weight: 2 },
    { arbitrary: aService, weight: 3 },
    { arbitrary: aSlice, weight: 3 },
    { arbitrary: aSecret, weight: 2 },
    { arbitrary: anAuthority, weight: 1 },
    { arbitrary: aClass, weight: 1 },
    { arbitrary: someSettings, weight: 1 },
    { arbitrary: someParams, weight: 1 },
  )
  .map((object): Change => ({ do: 'put', object }));

const kinds: readonly Kind[] = ['Ingress', 'Ingress', 'Service', 'EndpointSlice', 'Secret', 'ConfigMap'];

/** A removal names what may not be there: that is a change, too. */
const removal = fc
  .record({ kind: fc.constantFrom(...kinds), namespace, name, index: fc.constantFrom(1, 2) })
  .map((at): Change => {
    const names: Partial<Record<Kind, string>> = {
      EndpointSlice: `${at.name}-${at.index}`,
      Secret: at.index === 1 ? 'tls' : 'tls-2',
    };
    const key =
      at.kind === 'ConfigMap'
        ? 'ingress-nginx/ingress-nginx-controller'
        : `${at.namespace}/${names[at.kind] ?? at.name}`;
    return { do: 'remove', kind: at.kind, key };
  });

/** Enough that lists are kept in many parts. */
const CROWD = 300;

interface Member {
  readonly paths: readonly string[];
  readonly tls: 'tls' | 'tls-2' | null;
  /** Of requests a second. */
  readonly limit: '5' | '6' | null;
}

/** One of many Ingresses with hosts of their own, all with the certificates and Services of the others. */
function member(index: number, { paths, tls, limit }: Member): KubeObject {
  const own = `site-${index}.crowd.test`;
  return ingress({
    name: `crowd-${index}`,
    namespace: namespaces[index % namespaces.length] ?? 'one',
    version: fresh(),
    rules: [
      { host: own, paths: paths.map((path) => ({ path, service: names[index % names.length] ?? 'a' })) },
    ],
    ...(tls === null ? {} : { tls: [{ secretName: tls, hosts: [own] }] }),
    ...(limit === null ? {} : { annotations: { 'limit-rps': limit } }),
  });
}

export function fillCrowd(stores: Stores): void {
  for (let index = 0; index < CROWD; index++) {
    const tls = index % 3 === 0 ? 'tls' : null;
    stores.put(member(index, { paths: ['/'], tls, limit: index % 5 === 0 ? '5' : null }));
  }
}

const inCrowd = fc.nat(CROWD + 20);
const memberPut = fc
  .record({
    index: inCrowd,
    paths: fc.subarray(['/', '/a', '/b'], { minLength: 1 }),
    tls: fc.constantFrom('tls' as const, 'tls-2' as const, null),
    limit: fc.constantFrom('5' as const, '6' as const, null),
  })
  .map(({ index, ...spec }): Change => ({ do: 'put', object: member(index, spec) }));
const memberRemoval = inCrowd.map((index): Change => ({
  do: 'remove',
  kind: 'Ingress',
  key: `${namespaces[index % namespaces.length]}/crowd-${index}`,
}));
export const crowdChanges = fc.oneof(
  { arbitrary: memberPut, weight: 3 },
  { arbitrary: memberRemoval, weight: 2 },
  { arbitrary: put, weight: 4 },
);

/** Of what the budget of limits of a namespace depends on. */
export const limitChanges = fc.oneof(
  { arbitrary: ingressWith(limits).map((object): Change => ({ do: 'put', object })), weight: 4 },
  {
    arbitrary: fc.record({ namespace, name }).map((at): Change => ({
      do: 'remove',
      kind: 'Ingress',
      key: `${at.namespace}/${at.name}`,
    })),
    weight: 1,
  },
);

export const puts = put;
export const changes = fc.oneof({ arbitrary: put, weight: 4 }, { arbitrary: removal, weight: 1 });

export function act(stores: Stores, change: Change): void {
  if (change.do === 'put') stores.put(change.object);
  else stores.remove(change.kind, change.key);
}

/** Services with endpoints for all names, so that most paths lead somewhere. */
export function fill(stores: Stores): void {
  stores.put(ingressClass());
  for (const at of namespaces) {
    for (const own of names) {
      stores.put(service({ namespace: at, name: own }));
      stores.put(slice({ namespace: at, service: own }));
    }
  }
}
