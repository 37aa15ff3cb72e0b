import { expect } from 'chai';
import { createStores } from './cluster/stores.ts';
import { createGraphBuilder } from './graph/build.ts';
import { silentLogger } from './lib/log.ts';
import { createModelBuilder } from './model/build.ts';
import { createRenderer } from './nginx/files.ts';
import type { Generation } from './nginx/generation.ts';
import type { Templates } from './nginx/templates.ts';
import { createSync } from './sync.ts';
import { environment } from './testing/builders/environment.ts';
import { ingress, ingressClass, service } from './testing/builders/objects.ts';
import { graphOptions } from './testing/builders/pipeline.ts';
import { templates } from './testing/builders/render.ts';

/** Templates with a fault that one path brings to light. */
const faulty: Templates = {
  ...templates,
  server: (view) => templates.server(view).replaceAll('location "/evil/"', 'include x; location "/evil/"'),
};

function makeSync() {
  const stores = createStores(() => undefined);
  for (const object of [ingressClass(), service(), ingress({ name: 'good', host: 'a.example.com' })])
    stores.put(object);
  const submitted: Generation[] = [];
  const failures: unknown[] = [];
  const sync = createSync({
    snapshot: stores.snapshot,
    relevance: { begin: () => undefined, end: () => undefined },
    defaultBackendService: null,
    routes: null,
    generations: () => ({ serving: submitted.at(-1) ?? null, coming: null }),
    graph: createGraphBuilder(graphOptions),
    model: createModelBuilder(),
    renderer: createRenderer(faulty, environment()),
    live: {
      send: async () => ({ set: 0, removed: 0 }),
      forget: () => undefined,
      complete: () => true,
    },
    experience: { learn: () => undefined },
    submit: (generation) => submitted.push(generation),
    configMap: '',
    classesReadable: () => true,
    zone: () => null,
    log: silentLogger,
    onGraph: () => undefined,
    onSettings: () => undefined,
    onUnrendered: (error) => failures.push(error),
    onLiveFailure: (error) => failures.push(error),
  });
  let number = 0;
  const run = () => sync.run({ number: ++number, keys: new Set() });
  return { stores, submitted, failures, run };
}

describe('sync', () => {
  it('outlives an object that cannot be rendered: what serves stays, it is told once, the next change counts', async () => {
    const { stores, submitted, failures, run } = makeSync();
    await run();
    expect(submitted).to.have.length(1);

    stores.put(ingress({ name: 'evil', host: 'b.example.com', paths: ['/evil'] }));
    await run();
    stores.put(ingress({ name: 'meanwhile', host: 'c.example.com' }));
    await run();
    expect(submitted).to.have.length(1);
    expect(failures).to.have.length(1);
    expect(failures[0]).to.include({ host: 'b.example.com', ingress: 'default/evil' });

    stores.remove('Ingress', 'default/evil');
    await run();
    expect(submitted).to.have.length(2);
    expect(submitted[1]?.servers.map(({ text }) => text.toString()).join('')).to.include('c.example.com');

    stores.put(ingress({ name: 'evil', host: 'b.example.com', paths: ['/evil'], version: '2' }));
    await run();
    expect(failures).to.have.length(2);
  });
});
