/** What the webhook says to an Ingress that asks for more than a budget allows. */
import { expect } from 'chai';
import type { Budgets } from '../graph/budgets.ts';
import type { Ingress, KubeObject } from '../source/objects.ts';
import { candidate, verdictOn } from '../testing/builders/judge.ts';
import { ingress } from '../testing/builders/objects.ts';
import type { IngressSpec } from '../testing/builders/objects.ts';
import { graphOptions } from '../testing/builders/pipeline.ts';
import type { Verdict } from './review.ts';

const BUDGETS: Budgets = {
  paths: 2,
  expressionBytes: 10,
  aliases: 1,
  addresses: 1,
  limitedIngresses: 2,
  userBytes: 100,
};

function review(
  object: Ingress,
  objects: readonly KubeObject[] = [],
  budgets: Partial<Budgets> = BUDGETS,
): Promise<Verdict> {
  return verdictOn(object, { objects, options: { budgets: { ...graphOptions.budgets, ...budgets } } });
}

const regex = (path: string) => ({ path, type: 'ImplementationSpecific' });
const limits = { 'limit-rps': '5' };
const label = { 'proxy-read-timeout': '7' };

interface Row {
  readonly over: IngressSpec;
  /** Beyond the budget as well, but less. */
  readonly less: IngressSpec;
  readonly more: IngressSpec;
  readonly message: RegExp;
}

const rows: Readonly<Record<string, Row>> = {
  paths: {
    over: { paths: ['/a', '/b', '/c', '/d'] },
    less: { paths: ['/a', '/b', '/c'] },
    more: { paths: ['/a', '/b', '/c', '/d', '/e'] },
    message: /^spec\.rules: has [45] paths, and one Ingress may have 2 \(--max-paths-per-ingress\)/,
  },
  'regular expressions': {
    over: { paths: [regex('/a(bcdefghi)')] },
    less: { paths: [regex('/a(bcdefgh)')] },
    more: { paths: [regex('/a(bcdefghij)')] },
    message: /^spec\.rules: has regular expressions of 1[23] bytes/,
  },
  aliases: {
    over: { annotations: { 'server-alias': 'x.test,y.test,z.test' } },
    less: { annotations: { 'server-alias': 'x.test,y.test' } },
    more: { annotations: { 'server-alias': 'w.test,x.test,y.test,z.test' } },
    message: /server-alias"\]: has [34] names, and one Ingress may have 1/,
  },
  addresses: {
    over: { annotations: { 'allowlist-source-range': '1.1.1.1,2.2.2.2,3.3.3.3' } },
    less: { annotations: { 'allowlist-source-range': '1.1.1.1,2.2.2.2' } },
    more: { annotations: { 'allowlist-source-range': '1.1.1.1,2.2.2.2,3.3.3.3,4.4.4.4' } },
    message: /allowlist-source-range"\]: holds [34] addresses/,
  },
};

describe('webhook and budgets', () => {
  for (const [name, { over, less, more, message }] of Object.entries(rows)) {
    it(`refuses a new Ingress with too many ${name}`, async () => {
      const verdict = await review(candidate(over));
      expect(verdict.allowed).to.equal(false);
      expect(verdict.message).to.match(message);
    });

    it(`lets one that has too many ${name} already change something else, with a warning`, async () => {
      const changed = { ...over, annotations: { ...over.annotations, ...label } };
      const verdict = await review(candidate(changed), [candidate(over)]);
      expect(verdict).to.deep.include({ allowed: true, message: '' });
      expect(verdict.warnings.join()).to.match(new RegExp(message.source.replace('^', '')));
    });

    it(`lets it have less ${name}, not more`, async () => {
      expect((await review(candidate(less), [candidate(over)])).allowed).to.equal(true);
      const verdict = await review(candidate(more), [candidate(over)]);
      expect(verdict.allowed).to.equal(false);
      expect(verdict.message).to.match(message);
    });

    it(`refuses too many ${name} of one that had few`, async () => {
      expect((await review(candidate(over), [candidate()])).allowed).to.equal(false);
    });
  }

  it('refuses another excess of one that has an excess already', async () => {
    const { over } = rows['paths'] ?? {};
    const verdict = await review(candidate({ ...over, annotations: { 'server-alias': 'x.test,y.test' } }), [
      candidate(over),
    ]);
    expect(verdict.allowed).to.equal(false);
    expect(verdict.message)
      .to.match(/server-alias/)
      .and.not.match(/spec\.rules/);
  });

  describe('counts the Ingresses with limits of the namespace', () => {
    const other = (name: string, spec: IngressSpec = {}) =>
      ingress({ name, host: `${name}.test`, annotations: limits, ...spec });
    const full = [other('one'), other('two')];
    const asking = candidate({ annotations: limits });

    for (const [what, object, objects, allowed] of [
      ['takes the last of them', asking, [other('one')], true],
      ['refuses one more', asking, full, false],
      [
        'refuses it to one that had none',
        asking,
        [candidate({ created: '2020-01-01T00:00:00Z' }), ...full],
        false,
      ],
      ['takes one without limits', candidate(), full, true],
      [
        'takes a canary',
        candidate({ annotations: { ...limits, canary: 'true' } }),
        [ingress({ name: 'primary', host: 'a.example.com' }), ...full],
        true,
      ],
      ['takes one in another namespace', candidate({ namespace: 'free', annotations: limits }), full, true],
      ['takes a change of one that counts', asking, [other('one'), asking], true],
      [
        'takes a change of one that is beyond already',
        candidate({ annotations: { 'limit-rps': '7' } }),
        [...full, asking],
        true,
      ],
      [
        'does not count other controllers',
        asking,
        [other('one'), other('two', { className: 'other' })],
        true,
      ],
    ] as const satisfies readonly (readonly [string, Ingress, readonly KubeObject[], boolean])[]) {
      it(what, async () => {
        const verdict = await review(object, objects);
        expect(verdict.allowed, verdict.message).to.equal(allowed);
        if (!allowed)
          expect(verdict.message).to.match(/limit-rps"\]: needs shared memory .* 2 older Ingresses/);
      });
    }

    it('not when any number is allowed', async () => {
      expect((await review(asking, full, { limitedIngresses: Infinity })).allowed).to.equal(true);
    });
  });
});
