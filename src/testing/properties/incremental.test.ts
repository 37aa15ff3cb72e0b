/** What the long-lived builders remember never shows: their result is that of builders which start from scratch. */
import { expect } from 'chai';
import fc from 'fast-check';
import { createStores } from '../../cluster/stores.ts';
import type { KubeObject } from '../../source/objects.ts';
import { ingress, ingressClass } from '../builders/objects.ts';
import { outcomeOf, pipeline as pipelineWith } from '../builders/render.ts';
import type { Rendered } from '../builders/render.ts';
import { keyOf } from '../../lib/keys.ts';
import { graphOptions, snapshotOf } from '../builders/pipeline.ts';
import { act, changes, crowdChanges, fill, fillCrowd, limitChanges, puts } from './changes.ts';
import type { Change } from './changes.ts';

/** So small that changes meet them; of crowds, a few of their Ingresses with limits. */
const FEW = { ...graphOptions.budgets, paths: 5, aliases: 1, addresses: 1, limitedIngresses: 1 };
const CROWDED = { ...graphOptions.budgets, limitedIngresses: 15 };

const pipeline = (budgets = FEW) => pipelineWith({ options: { budgets } });

function closedOf({ graph }: Rendered): number {
  return graph.problems.filter(({ use }) => use?.budget === 'limitedIngresses').length;
}

/** After each step both give the same. @param look at what the long-lived one gives. */
async function walk(steps: readonly Change[], look: (kept: Rendered) => unknown = () => undefined) {
  const stores = createStores(() => undefined);
  fill(stores);
  const living = pipeline();
  for (const step of steps) {
    act(stores, step);
    const snapshot = stores.snapshot();
    const [kept, fresh] = [await living.run(snapshot), await pipeline().run(snapshot)];
    expect(outcomeOf(kept)).to.deep.equal(outcomeOf(fresh));
    look(kept);
  }
}

describe('incremental build', function () {
  this.timeout(120_000);

  it('gives after every change what a build from scratch gives', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(changes, { minLength: 8, maxLength: 25 }), async (steps) => {
        await walk(steps);
      }),
      { numRuns: 150 },
    );
  });

  it('gives the same when a namespace has more limits than it may have, or no more', async () => {
    let closed = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(limitChanges, { minLength: 8, maxLength: 25 }), async (steps) => {
        await walk(steps, (kept) => (closed += closedOf(kept)));
      }),
      { numRuns: 40 },
    );
    // A run in which the budget is not met shows nothing about it.
    expect(closed).to.be.above(50);
  });

  it('gives the same among hundreds of Ingresses, whose lists are kept in parts', async () => {
    let closed = 0;
    const steps = fc.array(fc.array(crowdChanges, { minLength: 1, maxLength: 30 }), {
      minLength: 3,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (batches) => {
        const stores = createStores(() => undefined);
        fill(stores);
        fillCrowd(stores);
        const living = pipeline(CROWDED);
        await living.run(stores.snapshot());
        for (const batch of batches) {
          for (const step of batch) act(stores, step);
          const snapshot = stores.snapshot();
          const [kept, fresh] = [await living.run(snapshot), await pipeline(CROWDED).run(snapshot)];
          expect(sorted(outcomeOf(kept))).to.deep.equal(sorted(outcomeOf(fresh)));
          expect(kept.generation.checksum).to.equal(fresh.generation.checksum);
          closed += closedOf(kept);
        }
      }),
      { numRuns: 12 },
    );
    expect(closed).to.be.above(0);
  });

  it('renames backends when another that would share their name comes and goes', async () => {
    const stores = createStores(() => undefined);
    fill(stores);
    const living = pipeline();
    const one = ingress({ namespace: 'one', host: 'x.example.com', paths: [{ path: '/', service: 'b-c' }] });
    const other = ingress({
      namespace: 'one-b',
      host: 'y.example.com',
      paths: [{ path: '/', service: 'c' }],
    });
    const steps = [
      () => stores.put(other),
      () => stores.put(one),
      () => stores.remove('Ingress', 'one-b/web'),
      () => stores.put(other),
      () => stores.remove('Ingress', 'one/web'),
    ];
    for (const step of steps) {
      step();
      const snapshot = stores.snapshot();
      const [kept, fresh] = [await living.run(snapshot), await pipeline().run(snapshot)];
      expect(outcomeOf(kept)).to.deep.equal(outcomeOf(fresh));
    }
  });

  it('keeps the bytes and the identity of everything when nothing changes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(puts, { minLength: 4, maxLength: 20 }), async (steps) => {
        const stores = createStores(() => undefined);
        stores.put(ingressClass());
        for (const step of steps) act(stores, step);
        const living = pipeline();
        const first = await living.run(stores.snapshot());
        const second = await living.run(stores.snapshot());
        expect(second.text).to.equal(first.text);
        expect(second.generation.checksum).to.equal(first.generation.checksum);
        expect(second.model.servers).to.equal(first.model.servers);
        expect(second.graph.hosts).to.equal(first.graph.hosts);
      }),
      { numRuns: 40 },
    );
  });

  it('ends at the same bytes whatever the order of changes', async () => {
    const orders = fc
      .uniqueArray(puts, { minLength: 4, maxLength: 20, selector: keyOfPut })
      .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
    await fc.assert(
      fc.asyncProperty(orders, async ([one, other]) => {
        const results = await Promise.all(
          [one, other].map(async (steps) => {
            const stores = createStores(() => undefined);
            const living = pipeline();
            stores.put(ingressClass({ name: 'zz' }));
            for (const step of steps) {
              act(stores, step);
              await living.run(stores.snapshot());
            }
            return outcomeOf(await living.run(stores.snapshot()));
          }),
        );
        expect(sorted(results[0])).to.deep.equal(sorted(results[1]));
        const objects = one.flatMap((step) => (step.do === 'put' ? [step.object] : []));
        const scratch = await pipeline().run(snapshotOf([ingressClass({ name: 'zz' }), ...objects]));
        expect(results[0]?.text).to.equal(scratch.text);
      }),
      { numRuns: 40 },
    );
  });

  it('comes back to the same bytes when a change is taken back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(puts, { minLength: 4, maxLength: 15 }), puts, async (steps, extra) => {
        const stores = createStores(() => undefined);
        stores.put(ingressClass());
        const present = new Map<string, KubeObject>();
        for (const step of steps) {
          act(stores, step);
          if (step.do === 'put') present.set(keyOfPut(step), step.object);
        }
        const living = pipeline();
        const before = outcomeOf(await living.run(stores.snapshot()));
        act(stores, extra);
        await living.run(stores.snapshot());
        undo(stores, extra, present);
        expect(outcomeOf(await living.run(stores.snapshot()))).to.deep.equal(before);
      }),
      { numRuns: 40 },
    );
  });
});

function keyOfPut(change: Change): string {
  return change.do === 'put' ? `${change.object.kind} ${keyOf(change.object.metadata)}` : change.key;
}

/** The live state is a set; the order in which its keys came in means nothing. */
function sorted(outcome: ReturnType<typeof outcomeOf> | undefined) {
  return {
    ...outcome,
    live: outcome?.live.toSorted(([a], [b]) => (a < b ? -1 : 1)),
    problems: outcome?.problems.toSorted(),
  };
}

function undo(
  stores: ReturnType<typeof createStores>,
  change: Change,
  present: ReadonlyMap<string, KubeObject>,
): void {
  if (change.do !== 'put') return;
  const before =
    present.get(keyOfPut(change)) ?? (change.object.kind === 'IngressClass' ? ingressClass() : undefined);
  if (before === undefined) stores.remove(change.object.kind, keyOf(change.object.metadata));
  else stores.put(before);
}
