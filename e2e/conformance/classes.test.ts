/** Which Ingresses are the controller's, as the conformance suite of the Ingress API asks for it. */
import { expect } from 'chai';
import { apply, eventually, ingressState, json, kubectl } from '../support/kubectl.ts';
import { ingressOf, openSite } from './site.ts';
import type { IngressSpec, Site } from './site.ts';

const DEFAULT_CLASS = 'ingressclass.kubernetes.io/is-default-class';

function foreignClass(name: string): string {
  const spec = { controller: 'tidegate.test/foreign' };
  return JSON.stringify({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name },
    spec,
  });
}

describe('conformance: classes', () => {
  let site: Site;
  let foreign: string;
  const hostOf = (name: string) => `${name}.${site.namespace}.test`;
  const add = (name: string, spec: IngressSpec) =>
    site.apply(
      ingressOf(name, { ...spec, rules: [{ host: hostOf(name), paths: [{ path: '/', to: 'web' }] }] }),
    );

  before(async () => {
    site = await openSite('classes', ['web']);
    foreign = `foreign-${site.namespace}`;
    await apply(foreignClass(foreign));
  });

  after(async () => {
    await kubectl(['annotate', 'ingressclass', 'nginx', `${DEFAULT_CLASS}-`]);
    await kubectl(['delete', 'ingressclass', foreign, '--ignore-not-found']);
    await site.close();
  });

  it('serves an Ingress that names its class', async () => {
    await add('named', {});
    await site.ask.until({ host: hostOf('named') }, 'web');
  });

  it('serves an Ingress with the older annotation', async () => {
    await add('older', { className: null, annotations: { 'kubernetes.io/ingress.class': 'nginx' } });
    await site.ask.until({ host: hostOf('older') }, 'web');
  });

  it('leaves Ingresses of other classes, of unknown ones and of none alone', async () => {
    await add('foreign', { className: foreign });
    await add('unknown', { className: 'unknown' });
    await add('annotated', { className: null, annotations: { 'kubernetes.io/ingress.class': 'other' } });
    await add('none', { className: null });
    // What comes later is served already.
    await add('later', {});
    await site.ask.until({ host: hostOf('later') }, 'web');
    for (const name of ['foreign', 'unknown', 'annotated', 'none'])
      expect((await site.ask.http({ host: hostOf(name) })).status, name).to.equal(404);
  });

  it('gives an address to its own Ingresses only', async () => {
    await eventually('the address of "later"', async () => {
      const { addresses } = await ingressState('later', site.namespace);
      return addresses.length > 0 ? true : null;
    });
    for (const name of ['foreign', 'unknown', 'annotated', 'none'])
      expect((await ingressState(name, site.namespace)).addresses, name).to.deep.equal([]);
  });

  it('stops serving an Ingress that changes to another class, and begins again', async () => {
    await add('moving', {});
    await site.ask.until({ host: hostOf('moving') }, 'web');
    await add('moving', { className: foreign });
    await site.ask.until({ host: hostOf('moving') }, 404);
    await add('moving', {});
    await site.ask.until({ host: hostOf('moving') }, 'web');
  });

  it('serves Ingresses without a class while its class is the default', async () => {
    await kubectl(['annotate', 'ingressclass', 'nginx', `${DEFAULT_CLASS}=true`, '--overwrite']);
    // The API server fills in the class, as soon as it has heard of the annotation itself.
    await eventually('an Ingress with the default class', async () => {
      await kubectl(['--namespace', site.namespace, 'delete', 'ingress', 'default', '--ignore-not-found']);
      await add('default', { className: null });
      const { spec } = await json<{ readonly spec: { readonly ingressClassName?: string } }>([
        '--namespace',
        site.namespace,
        'get',
        'ingress',
        'default',
      ]);
      return spec.ingressClassName === 'nginx' ? true : null;
    });
    await site.ask.until({ host: hostOf('default') }, 'web');
  });
});
