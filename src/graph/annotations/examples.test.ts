/** What the documentation shows for each annotation does something, and nginx takes it. */
import { expect } from 'chai';
import type { KubeObject } from '../../source/objects.ts';
import { companionsOf } from '../../testing/annotations.ts';
import { annotatedCluster } from '../../testing/builders/annotated-cluster.ts';
import { ingress } from '../../testing/builders/objects.ts';
import { graphOptions } from '../../testing/builders/pipeline.ts';
import { environment } from '../../testing/builders/environment.ts';
import { openRealNginx } from '../../testing/builders/real-nginx.ts';
import type { RealNginx } from '../../testing/builders/real-nginx.ts';
import { effectOf, outcomeOf, render } from '../../testing/builders/render.ts';
import { annotationFamilies } from './read.ts';
import type { Annotation } from './annotation.ts';

const all = Object.values(annotationFamilies).flatMap((family) => Object.values<Annotation<unknown>>(family));
const exampleOf = new Map(all.map(({ name, example }) => [name, example]));

const cluster = annotatedCluster({ 'global-auth-url': 'https://auth.example.com/all' });

/** Accepted without effect, as their documentation says. */
const withoutEffect: readonly string[] = ['auth-keepalive-share-vars'];

function objectsOf(name: string, how: 'with' | 'without'): readonly KubeObject[] {
  const others = companionsOf(name);
  const own: Readonly<Record<string, string>> = how === 'with' ? { [name]: exampleOf.get(name) ?? '' } : {};
  const host = 'shop.example.com';
  const path = { path: '/(.*)', type: 'ImplementationSpecific' };
  const isCanary = /^(?:affinity-)?canary/.test(name);
  const main = ingress({
    name: 'main',
    host,
    created: '2025-01-01T00:00:00Z',
    annotations: { affinity: 'cookie' },
  });
  return [
    ...cluster,
    ...(isCanary ? [main] : []),
    ingress({
      host,
      paths:
        name === 'rewrite-target'
          ? [path]
          : isCanary
            ? [{ path: '/', service: 'spare' }]
            : name === 'ssl-passthrough'
              ? ['/']
              : ['/shop'],
      annotations: { ...others, ...own },
    }),
  ];
}

/** With all that an annotation may need on the command line. */
const setup = {
  environment: environment({ passthrough: true }),
  options: { streams: { ...graphOptions.streams, passthrough: true } },
};

describe('examples of annotations', () => {
  let nginx: RealNginx;
  before(async () => {
    nginx = await openRealNginx();
  });
  after(() => nginx.close());

  for (const { name, example } of all)
    it(`${name}: ${example}`, async () => {
      const objects = objectsOf(name, 'with');
      const [found, before] = await Promise.all([
        render(objects, setup),
        render(objectsOf(name, 'without'), setup),
      ]);
      const { problems } = outcomeOf(found);
      expect(problems.filter((problem) => problem.includes(name))).to.deep.equal([]);
      const [now, then] = [effectOf(found), effectOf(before)];
      if (withoutEffect.includes(name)) expect(now).to.deep.equal(then);
      else expect(now, 'it makes no difference').to.not.deep.equal(then);
      const machine = { ...nginx.environment, passthrough: setup.environment.passthrough };
      expect(await nginx.check(objects, machine, setup.options)).to.deep.equal({ ok: true });
    });
});
