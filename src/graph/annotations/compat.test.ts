import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deprecatedAnnotations } from './deprecated.ts';
import { annotationsWithoutEffectYet } from './later.ts';
import { annotationEntries } from './read.ts';

/** Facts about ingress-nginx, beside the checkout; where they are not at hand there is nothing to compare with. */
const path = join(import.meta.dirname, '../../../../shared/compat/annotations.json');

interface Fact {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly scope: string;
  readonly risk: string;
}

const facts: readonly Fact[] = existsSync(path)
  ? (JSON.parse(readFileSync(path, 'utf8')) as readonly Fact[])
  : [];
const byName = new Map(
  annotationEntries
    .filter(({ isExtension }) => isExtension !== true)
    .flatMap((entry) => [entry.name, ...(entry.aliases ?? [])].map((name) => [name, entry] as const)),
);
/** Read as a field of the Ingress: which controller it is for. */
const NOT_OURS = new Set(['kubernetes.io/ingress.class']);

describe('annotations and those of ingress-nginx', () => {
  for (const fact of facts) {
    if (NOT_OURS.has(fact.name)) continue;
    it(`${fact.name} has the same names, scope and risk`, () => {
      const entry = byName.get(fact.name);
      if (entry === undefined) {
        const isDeprecated = deprecatedAnnotations.some(({ names }) => names.includes(fact.name));
        expect(isDeprecated || annotationsWithoutEffectYet.has(fact.name), 'known').to.equal(true);
        return;
      }
      expect(entry.scope).to.equal(fact.scope);
      expect(entry.risk).to.equal(fact.risk);
      // An older name has an entry of its own there.
      if (entry.name === fact.name)
        expect([...(entry.aliases ?? [])].sort()).to.deep.equal([...fact.aliases].sort());
      else expect(entry.aliases).to.include(fact.name);
    });
  }

  it('are none that ingress-nginx does not have', () => {
    if (facts.length === 0) return;
    const known = new Set(facts.flatMap(({ name, aliases }) => [name, ...aliases]));
    expect([...byName.keys()].filter((name) => !known.has(name))).to.deep.equal([]);
    const extensions = annotationEntries.filter(({ isExtension }) => isExtension === true);
    expect(extensions.filter(({ name }) => known.has(name))).to.deep.equal([]);
  });
});
