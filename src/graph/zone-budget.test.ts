import { expect } from 'chai';
import { createStores } from '../cluster/stores.ts';
import { ingress, ingressClass, service, slice } from '../testing/builders/objects.ts';
import type { IngressSpec } from '../testing/builders/objects.ts';
import { evaluate, graphOptions, hostOf, serverOf } from '../testing/builders/pipeline.ts';
import type { Evaluation } from '../testing/builders/pipeline.ts';
import { pipeline, render } from '../testing/builders/render.ts';
import { mayHaveLimits } from './zone-budget.ts';

const backends = [service(), slice()];

/** The number is its age, from oldest to youngest. */
function limited(index: number, spec: IngressSpec = {}) {
  const created = new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString().replace('.000', '');
  return ingress({
    name: `i${index}`,
    host: `i${index}.test`,
    created,
    annotations: { 'limit-rps': '5' },
    ...spec,
  });
}

function many(count: number) {
  return Array.from({ length: count }, (_, index) => limited(index));
}

const small = { options: { budgets: { ...graphOptions.budgets, limitedIngresses: 2 } } };

function denied({ graph }: Evaluation): readonly string[] {
  return graph.hosts
    .filter(({ paths }) => paths[0]?.owner?.state === 'denied')
    .map(({ name }) => name as string);
}

function refusals({ graph }: Evaluation): readonly string[] {
  return graph.problems.map(
    ({ severity, code, object, field }) => `${severity} ${code} ${object.namespace}/${object.name} ${field}`,
  );
}

describe('zones of shared memory', () => {
  it('belong to the oldest Ingresses of a namespace; the others answer 503, and their owners are told', () => {
    const found = evaluate([...backends, ...[3, 1, 0, 2].map((index) => limited(index))], small);
    expect(denied(found)).to.deep.equal(['i2.test', 'i3.test']);
    expect(refusals(found)).to.deep.equal(
      ['i2', 'i3'].map(
        (name) =>
          `refused budget-exceeded default/${name} metadata.annotations["nginx.ingress.kubernetes.io/limit-rps"]`,
      ),
    );
    expect(found.graph.problems[0]?.message).to.equal(
      'needs shared memory of its own, which 2 older Ingresses of the namespace have already ' +
        '(--max-limited-ingresses-per-namespace); all paths of this Ingress answer 503; ' +
        'remove limit-connections, limit-rps and limit-rpm, or join Ingresses whose limits are the same',
    );
    expect(found.model.limitGroups).to.have.length(2);
    expect(serverOf(found, 'i3.test').locations[0]?.route.limits).to.deep.equal([]);
  });

  it('may be as many as the budget says', () => {
    const found = evaluate([...backends, ...many(2)], small);
    expect([denied(found), refusals(found)]).to.deep.equal([[], []]);
  });

  it('are counted for each namespace', () => {
    const others = [0, 1].map((index) => limited(index, { namespace: 'other', host: `o${index}.test` }));
    expect(denied(evaluate([...backends, ...many(2), ...others], small))).to.deep.equal([]);
  });

  for (const [what, spec, counts] of [
    ['limit-connections', { 'limit-connections': '1' }, true],
    ['limit-rpm', { 'limit-rpm': '1' }, true],
    ['all of them', { 'limit-connections': '1', 'limit-rps': '1', 'limit-rpm': '1' }, true],
    ['limit-rps: "0"', { 'limit-rps': '0' }, false],
    ['limit-rps: "-1"', { 'limit-rps': '-1' }, false],
    ['limit-rate', { 'limit-rate': '1' }, false],
    ['a canary with limits', { 'limit-rps': '1', canary: 'true' }, false],
    ['limits that are wrong', { 'limit-rps': 'x' }, false],
  ] as const) {
    it(`${counts ? 'count' : 'do not count'} for ${what}`, () => {
      const first = limited(0, { annotations: spec });
      const found = evaluate([...backends, first, limited(1), limited(2)], small);
      expect(denied(found)).to.deep.equal(counts ? ['i2.test'] : []);
    });
  }

  it('are missing in a default backend that answers 503, too', () => {
    const last = limited(2, {
      rules: [],
      defaultBackend: { service: { name: 'web', port: { number: 80 } } },
    });
    const found = evaluate([...backends, ...many(2), last], small);
    expect(hostOf(found, '_').paths[0]?.owner?.state).to.equal('denied');
  });

  it('are found without a look at what has none', () => {
    const prefix = 'nginx.ingress.kubernetes.io';
    expect(mayHaveLimits(limited(0), prefix)).to.equal(true);
    expect(mayHaveLimits(limited(0), 'other.example')).to.equal(false);
    expect(mayHaveLimits(ingress({ annotations: { 'limit-rate': '1' } }), prefix)).to.equal(false);
    expect(mayHaveLimits(ingress(), prefix)).to.equal(false);
  });

  it('keep the hosts of all others as they are when one more comes, or goes', async () => {
    const stores = createStores(() => undefined);
    for (const object of [ingressClass(), ...backends, ...many(40)]) stores.put(object);
    const living = pipeline(small);
    const before = await living.run(stores.snapshot());
    stores.put(limited(41));
    const after = await living.run(stores.snapshot());
    const known = new Set(before.graph.hosts);
    expect(after.graph.hosts.filter((host) => !known.has(host)).map(({ name }) => name)).to.deep.equal([
      'i41.test',
    ]);
    stores.remove('Ingress', 'default/i0');
    const last = await living.run(stores.snapshot());
    const now = new Set(after.graph.hosts);
    expect(last.graph.hosts.filter((host) => !now.has(host)).map(({ name }) => name)).to.deep.equal([
      'i2.test',
    ]);
    expect(hostOf(last, 'i2.test').paths[0]?.owner?.state).to.equal('accepted');
  });

  it('are those of the first 1000 Ingresses in nginx.conf', async () => {
    const objects = [ingressClass(), ...backends];
    const zones = (text: string) => text.match(/limit_req_zone .*\n/g)?.length ?? 0;
    const serverTextOf = (text: string, host: string) =>
      text.slice(text.indexOf(`server_name "${host}"`)).split('\n\t}\n')[0] ?? '';
    const full = await render([...objects, ...many(1000)]);
    expect([zones(full.text), full.graph.problems.length]).to.deep.equal([1000, 0]);
    expect(serverTextOf(full.text, 'i299.test'))
      .to.match(/limit_req zone=/)
      .and.not.match(/return 503/);
    const more = await render([...objects, ...many(1001)]);
    expect([zones(more.text), more.graph.problems.length]).to.deep.equal([1000, 1]);
    expect(more.text).to.not.include('default_i1000_');
    expect(serverTextOf(more.text, 'i1000.test'))
      .to.match(/return 503/)
      .and.not.match(/limit_req /);
    expect(serverTextOf(more.text, 'i299.test')).to.match(/limit_req zone=/);
  });
});
