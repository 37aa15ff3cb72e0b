import { expect } from 'chai';
import type { KubeObject } from '../source/objects.ts';
import { createStores } from '../cluster/stores.ts';
import { createGraphBuilder } from '../graph/build.ts';
import { differenceOf } from '../lib/chunks.ts';
import { examplePair } from '../testing/builders/certificates.ts';
import { configMap, ingress, ingressClass, secret, service } from '../testing/builders/objects.ts';
import { evaluate, graphOptions } from '../testing/builders/pipeline.ts';
import { createModelBuilder } from './build.ts';
import { createLiveRoutes, createPolicyNames } from './live-routes.ts';
import type { Model } from './model.ts';

const site = (name: string, rest: Parameters<typeof ingress>[0] = {}) =>
  ingress({ name, host: `${name}.example.com`, paths: ['/'], ...rest });
const old = [service(), site('old')];
const authority = secret({ name: 'ca', data: { 'ca.crt': examplePair.certificate } });

/** The models of two states, as one program makes them. */
function modelsOf(before: readonly KubeObject[], after: readonly KubeObject[]) {
  const names = createPolicyNames();
  const builder = createModelBuilder(names.inUse);
  const build = (objects: readonly KubeObject[]): Model => {
    const { graph, settings } = evaluate(objects);
    return builder.build(graph, settings);
  };
  const [serving, model] = [build(before), build(after)];
  const { build: buildRoutes } = createLiveRoutes(names);
  const routes = (coming: Model | null = null) =>
    buildRoutes({ model, serving: serving.servers, coming: coming?.servers ?? null });
  return { serving, model, routes, names };
}

const keysOf = (before: readonly KubeObject[], after: readonly KubeObject[]) => [
  ...modelsOf(before, after).routes().keys(),
];

const policiesOf = ({ servers }: Model) =>
  servers.flatMap(({ policies }) => policies.map(({ name }) => name as string));

describe('live routes', () => {
  it('has a route for a new host whose policy is in use', () => {
    const { routes, serving } = modelsOf(old, [
      ...old,
      site('new', { paths: ['/a', { path: '/b', type: 'Exact' }] }),
    ]);
    const [policy] = policiesOf(serving);
    const [[key, text] = ['', '']] = routes();
    const found = JSON.parse(text) as Record<'exact' | 'prefix', Record<string, unknown>>;
    expect(key).to.equal('route:new.example.com');
    expect(Object.keys(found.exact)).to.have.members(['/a', '/b']);
    expect(Object.keys(found.prefix)).to.have.members(['/a/', '/']);
    expect(found.exact['/b']).to.deep.equal({
      policy,
      limit: 1024 ** 2,
      set: {
        namespace: 'default',
        ingress_name: 'new',
        service_name: 'web',
        service_port: '80',
        location_path: '/b',
        location_kind: '',
        proxy_upstream_name: 'default-web-80',
        force_no_ssl_redirect: '',
        special: '',
      },
    });
  });

  it('says whose users may log in where the policy asks for passwords', () => {
    const guarded = (name: string) =>
      site(name, { annotations: { 'auth-type': 'basic', 'auth-secret': name } });
    const { routes } = modelsOf([service(), guarded('old')], [service(), guarded('old'), guarded('new')]);
    const found = JSON.parse(routes().get('route:new.example.com') ?? '{}') as {
      readonly prefix?: Readonly<Record<string, { readonly set: Readonly<Record<string, string>> }>>;
    };
    expect(found.prefix?.['/']?.set).to.include({ auth_users: 'basic-auth-file:default/new' });
  });

  const annotated = (values: Readonly<Record<string, string>>) => [
    ...old,
    site('new', { annotations: values }),
  ];
  for (const [name, after] of [
    ['nothing is new', old],
    ['a path of a host changes', [service(), site('old', { paths: ['/other'] })]],
    ['nobody has the policy', annotated({ 'proxy-read-timeout': '7' })],
    ['paths are rewritten', annotated({ 'rewrite-target': '/x' })],
    ['paths are expressions', annotated({ 'use-regex': 'true' })],
    ['requests are counted', annotated({ 'limit-rps': '1' })],
    ['somebody is asked about requests', annotated({ 'auth-url': 'http://auth.test/' })],
    ['requests are copied', annotated({ 'mirror-target': 'http://mirror.test/' })],
    ['nobody asks for passwords that way', annotated({ 'auth-type': 'basic', 'auth-secret': 'users' })],
    ['answers are replaced', annotated({ 'custom-http-errors': '404' })],
    ['the host has another name', annotated({ 'server-alias': 'other.test' })],
    ['its root is elsewhere', annotated({ 'app-root': '/x' })],
    ['it has ciphers of its own', annotated({ 'ssl-ciphers': 'HIGH' })],
    [
      'TLS is spoken to its endpoints in a way of its own',
      [...annotated({ 'proxy-ssl-secret': 'default/ca' }), authority],
    ],
    ['it is a wildcard', [...old, ingress({ name: 'new', host: '*.new.example.com' })]],
    ['only "/a/" exists, which nginx redirects to', [...old, site('new', { paths: ['/a/'] })]],
  ] as const) {
    it(`has none where ${name}`, () => {
      expect(keysOf(old, after)).to.deep.equal([]);
    });
  }

  for (const [name, before] of [
    ['a wildcard takes its requests', ingress({ name: 'wild', host: '*.example.com' })],
    ['a host has its name as an alias', site('x', { annotations: { 'server-alias': 'new.example.com' } })],
    ['an alias may match anything', site('x', { annotations: { 'server-alias': '~^n.*$' } })],
    ['the default server blocks some', configMap({ 'block-user-agents': 'bad' })],
    ['the default server refuses unknown names', configMap({ 'ssl-reject-handshake': 'true' })],
    ['the default server has pages for errors', configMap({ 'custom-http-errors': '500' })],
    [
      'the default server says how TLS is spoken to endpoints',
      ingress({ name: 'x', annotations: { 'proxy-ssl-secret': 'default/ca' } }),
    ],
  ] as const) {
    it(`has none where ${name}`, () => {
      const all = [...old, before, authority];
      expect(keysOf(all, [...all, site('new')])).to.deep.equal([]);
    });
  }

  it('has none while the workers that come lack the policy', () => {
    const small = site('small', { annotations: { 'proxy-body-size': '1k' } });
    const { routes } = modelsOf(
      [...old, small],
      [...old, small, site('new', { annotations: { 'proxy-body-size': '1k' } })],
    );
    const { model: without } = modelsOf(old, old);
    expect([routes(null).size, routes(without).size]).to.deep.equal([1, 0]);
  });

  it('keeps the policies of the default server to the most used, whatever the order', () => {
    const many = Array.from({ length: 80 }, (_, index) =>
      site(`n${index}`, { annotations: { 'proxy-read-timeout': String(index + 1) } }),
    );
    const { model, serving } = modelsOf([...old, ...many], [...old, ...many.toReversed()]);
    expect(policiesOf(model)).to.have.length(64);
    expect(policiesOf(model)).to.deep.equal(policiesOf(model).toSorted());
    expect(policiesOf(serving)).to.deep.equal(policiesOf(model));
  });

  it('leaves the default server as it is while its policies stay the same', () => {
    const { serving, model } = modelsOf(old, [...old, site('new')]);
    const fallback = ({ servers }: Model) => servers.find(({ name }) => name.kind === 'catch-all');
    expect(fallback(model)).to.deep.equal(fallback(serving));
  });

  it('leaves it the very same, so that a new host is all that is new', () => {
    const stores = createStores(() => undefined);
    for (const object of [ingressClass(), ...old]) stores.put(object);
    const [graphs, models] = [
      createGraphBuilder(graphOptions),
      createModelBuilder(createPolicyNames().inUse),
    ];
    const { settings } = evaluate([]);
    const build = () =>
      models.build(
        graphs.build(stores.snapshot(), {
          ...settings,
          ingressClassesReadable: true,
          zone: null,
          heldPorts: new Map(),
          resolvedNames: new Map(),
        }),
        settings,
      ).servers;
    const before = build();
    stores.put(site('new'));
    const { removed, added } = differenceOf(before, build());
    expect(removed).to.deep.equal([]);
    expect(added.map(({ host }) => host as string)).to.deep.equal(['new.example.com']);
  });
});
