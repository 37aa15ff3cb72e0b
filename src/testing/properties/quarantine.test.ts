/** Whatever nginx refuses, and however little it says of it: in the end just the culprits are in quarantine, after few steps. */
import { expect } from 'chai';
import fc from 'fast-check';
import { createQuarantine, inputsOf } from '../../cluster/quarantine.ts';
import type { Blame } from '../../cluster/quarantine.ts';
import { createStores } from '../../cluster/stores.ts';
import type { Ingress } from '../../source/objects.ts';
import { annotationKey, ingress } from '../builders/objects.ts';
import { graphOptions } from '../builders/pipeline.ts';

const POISON = annotationKey('upstream-vhost');
/** How much nginx says: the Ingress, nothing, or now the one and now the other. */
const words = fc.constantFrom('owner', 'nothing', 'mixed');

/** `worst`: its paths must not even answer 503. */
type Kind = 'good' | 'bad' | 'worst';
const kinds = fc.constantFrom<Kind>('good', 'good', 'bad', 'worst');

function oneOf(
  number: number,
  { kind, version }: { readonly kind: Kind; readonly version: number },
): Ingress {
  return ingress({
    name: `n${number}`,
    host: `n${number}.${kind === 'worst' ? 'worst' : 'test'}`,
    annotations: kind === 'bad' ? { 'upstream-vhost': 'bad' } : {},
    version: String(version),
    paths: [`/${version}`],
  });
}

const isWorst = ({ spec }: Ingress): boolean => spec?.rules?.[0]?.host?.endsWith('.worst') === true;

function isBad(object: Ingress): boolean {
  return object.metadata.annotations?.[POISON] === 'bad' || isWorst(object);
}

function simulate(known: 'owner' | 'nothing' | 'mixed') {
  const stores = createStores(() => undefined);
  const quarantine = createQuarantine({
    annotationsPrefix: graphOptions.annotationsPrefix,
    configMap: '',
    now: () => 0,
  });
  let serving: readonly Ingress[] = [];
  let [checks, turn] = [0, 0];

  function blameOf(bad: Ingress): Blame {
    const isTold = known === 'owner' || (known === 'mixed' && turn++ % 2 === 0);
    const ingresses = isTold ? [`default/${bad.metadata.name}`] : [];
    return { message: 'bad', ingresses, place: isTold ? 'server' : 'unknown' };
  }

  function step(): boolean {
    const snapshot = stores.snapshot();
    const inputs = inputsOf({ snapshot, view: quarantine.view(snapshot) }, '', []);
    const effective = new Set(inputs.ingresses.map(({ metadata }) => `default/${metadata.name}`));
    const bad = inputs.ingresses.find(isBad);
    checks++;
    if (bad !== undefined)
      return quarantine.refused({ inputs, blames: [blameOf(bad)], effective }) === 'acted';
    serving = inputs.ingresses;
    return quarantine.proven(inputs);
  }

  return {
    stores,
    serving: () => serving,
    quarantined: () =>
      quarantine
        .list()
        .map(({ item }) => item.key)
        .sort(),
    /** Returns the number of configurations that nginx was asked about. */
    settle(): number {
      checks = 0;
      while (step()) if (checks > 1000) throw new Error('it never ends');
      return checks;
    },
  };
}

describe('quarantine', function () {
  this.timeout(60_000);

  it('holds just those that are refused, keeps what they were, and takes few steps to find them', () => {
    const batch = fc.uniqueArray(fc.record({ number: fc.nat(40), kind: kinds }), {
      selector: ({ number }) => number,
      minLength: 1,
      maxLength: 41,
    });
    fc.assert(
      fc.property(words, fc.array(batch, { minLength: 1, maxLength: 5 }), (known, batches) => {
        const { stores, serving, quarantined, settle } = simulate(known);
        const current = new Map<number, Ingress>();
        const good = new Map<string, Ingress>();
        for (const [version, changes] of batches.entries()) {
          for (const { number, kind } of changes) {
            const object = oneOf(number, { kind, version });
            current.set(number, object);
            stores.put(object);
          }
          const checks = settle();
          const bad = [...current.values()].filter(isBad);
          for (const object of current.values())
            if (!bad.includes(object)) good.set(object.metadata.name, object);
          expect(quarantined()).to.deep.equal(bad.map(({ metadata }) => `default/${metadata.name}`).sort());
          for (const { metadata, confined } of serving())
            if (confined !== true)
              expect(metadata.resourceVersion).to.equal(good.get(metadata.name)?.metadata.resourceVersion);
          // Which of several that never served may answer 503 is not always clear, when nginx names nobody.
          const fresh = bad.filter(({ metadata }) => !good.has(metadata.name));
          const certain = known === 'owner' ? fresh.filter(isWorst) : fresh;
          expect(serving().length).to.be.within(
            current.size - certain.length,
            current.size - fresh.filter(isWorst).length,
          );
          const halvings = Math.ceil(Math.log2(changes.length + 1)) + 1;
          const faults = changes.filter(({ kind }) => kind !== 'good').length;
          expect(checks).to.be.at.most(2 + 4 * faults * halvings + 2 * halvings);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
