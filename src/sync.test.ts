import { expect } from 'chai';
import { setImmediate } from 'node:timers/promises';
import { wholeMachine } from './config/settings/machine.ts';
import { createQuarantine } from './cluster/quarantine.ts';
import type { Quarantined } from './cluster/quarantine.ts';
import { createStores } from './cluster/stores.ts';
import { createGraphBuilder } from './graph/build.ts';
import type { GraphOptions } from './graph/options.ts';
import { silentLogger } from './lib/log.ts';
import { createModelBuilder } from './model/build.ts';
import { createTemplateChoice } from './nginx/template-choice.ts';
import type { Generation } from './nginx/generation.ts';
import type { Templates } from './nginx/templates.ts';
import { createSync } from './sync.ts';
import { environment } from './testing/builders/environment.ts';
import { configMap, ingress, ingressClass, service, slice } from './testing/builders/objects.ts';
import { graphOptions } from './testing/builders/pipeline.ts';
import { templates } from './testing/builders/render.ts';

/** Templates with a fault that one path brings to light. */
const faulty: Templates = {
  ...templates,
  server: (view) => templates.server(view).replaceAll('location "/evil/"', 'include x; location "/evil/"'),
};

function makeSync(used: Templates = faulty, options: Partial<GraphOptions> = {}) {
  const stores = createStores(() => undefined);
  for (const object of [ingressClass(), service(), ingress({ name: 'good', host: 'a.example.com' })])
    stores.put(object);
  const submitted: Generation[] = [];
  const order: string[] = [];
  const failures: unknown[] = [];
  const lists: (readonly Quarantined[])[] = [];
  let isAsked = false;
  const quarantine = createQuarantine({
    annotationsPrefix: graphOptions.annotationsPrefix,
    configMap: '',
    now: () => 0,
  });
  const sync = createSync({
    snapshot: stores.snapshot,
    quarantine,
    onQuarantine: (list) => lists.push(list),
    again: () => (isAsked = true),
    onServing: () => undefined,
    relevance: { begin: () => undefined, end: () => undefined },
    defaultBackendService: null,
    routes: null,
    generations: () => ({ serving: submitted.at(-1) ?? null, coming: null }),
    graph: createGraphBuilder({ ...graphOptions, ...options }),
    model: createModelBuilder(),
    renderer: createTemplateChoice({
      builtIn: used,
      environment: environment(),
      onRejected: () => undefined,
      onAccepted: () => undefined,
    }),
    live: {
      send: async () => ({ set: 0, removed: 0 }),
      forget: () => undefined,
      complete: () => true,
    },
    tellEndpoints: async (names, { unused }) => {
      await setImmediate();
      order.push(`${unused} ${[...names.keys()].join(' ')}`);
    },
    experience: { learn: () => undefined },
    submit(generation) {
      order.push('file');
      submitted.push(generation);
    },
    configMap: '',
    classesReadable: () => true,
    zone: () => null,
    streamFacts: async () => ({ heldPorts: new Map(), resolvedNames: new Map() }),
    machine: () => wholeMachine,
    log: silentLogger,
    onGraph: () => undefined,
    onSettings: () => undefined,
    onUnrendered: (error) => failures.push(error),
    stages: { took: () => undefined, sent: () => undefined, unsent: () => undefined },
    onLiveFailure: (error) => failures.push(error),
  });
  let number = 0;
  const run = () => sync.run({ number: ++number, keys: new Set() });
  /** As often as it asks for itself. */
  async function settle(): Promise<void> {
    do {
      isAsked = false;
      await run();
    } while (isAsked);
  }
  return { stores, submitted, order, failures, lists, run, settle, proven: sync.afterProof };
}

describe('sync', () => {
  it('outlives an object that cannot be rendered: all others go on, its owner is told, a better version counts', async () => {
    const { stores, submitted, failures, lists, run, settle } = makeSync();
    await run();
    expect(submitted).to.have.length(1);

    stores.put(ingress({ name: 'evil', host: 'b.example.com', paths: ['/evil'] }));
    stores.put(ingress({ name: 'meanwhile', host: 'c.example.com' }));
    await settle();
    expect(failures[0])
      .to.include({ host: 'b.example.com' })
      .and.deep.include({ ingresses: ['default/evil'] });
    expect(hostsOf(submitted.at(-1))).to.deep.equal(['_', 'a.example.com', 'c.example.com']);
    expect(lists.at(-1)?.map(({ item, standIn }) => ({ ...item, standIn }))).to.deep.equal([
      { kind: 'Ingress', key: 'default/evil', standIn: 'left-out' },
    ]);

    stores.put(ingress({ name: 'evil', host: 'b.example.com', paths: ['/good'], version: '2' }));
    await settle();
    expect(hostsOf(submitted.at(-1))).to.deep.equal(['_', 'a.example.com', 'b.example.com', 'c.example.com']);
    expect(lists.at(-1)).to.deep.equal([]);
  });

  it('tells a fault once that no object is the reason of', async () => {
    const broken: Templates = { ...templates, server: (view) => `${templates.server(view)}include x;` };
    const { submitted, failures, settle } = makeSync(broken);
    await settle();
    await settle();
    expect(submitted).to.have.length(0);
    expect(failures).to.have.length(1);
  });

  it('tells names of endpoints before the file that has them, and forgets them after the next one serves', async () => {
    const streams = { ...graphOptions.streams, tcp: 'default/tcp' } as const;
    const { stores, submitted, order, run, proven } = makeSync(templates, { streams });
    const name = (port: number) => `${port}.tcp-9000.web.default.endpoints.tidegate`;
    const put = (port: number) => {
      const ports = [{ name: 'http', port, protocol: 'TCP' }];
      stores.put(slice({ ports, version: String(port) }));
    };
    stores.put(configMap({ '9000': 'default/web:80' }, { namespace: 'default', name: 'tcp' }));
    put(8080);
    await run();
    expect(order.splice(0)).to.deep.equal([`keep ${name(8080)}`, 'file']);
    const [first] = submitted;
    if (first === undefined) throw new Error('no file');
    put(8081);
    await run();
    expect(order.splice(0)).to.deep.equal([`keep ${name(8081)}`, 'file']);
    // Late news: the file after it is not there yet.
    await proven(first);
    expect(order.splice(0)).to.deep.equal([`keep ${name(8081)}`]);
    const last = submitted.at(-1);
    if (last === undefined) throw new Error('no file');
    await proven(last);
    expect(order.splice(0)).to.deep.equal([`remove ${name(8081)}`]);
  });
});

function hostsOf(generation: Generation | undefined): readonly string[] | undefined {
  return generation?.servers.map(({ server }) => server.host);
}
