import { expect } from 'chai';
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BAD, EDGES, coverage } from './coverage.ts';
import { deprecatedAnnotations } from './deprecated.ts';
import { annotationEntries } from './read.ts';

const root = join(import.meta.dirname, '../..');
const texts: ReadonlyMap<string, readonly string[]> = textsByName();

/** Contents of the test files; a name may be there more than once. */
function textsByName(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.test.ts') || file.endsWith('coverage.test.ts')) continue;
    const name = basename(file, '.test.ts');
    found.set(name, [...(found.get(name) ?? []), readFileSync(join(root, file), 'utf8')]);
  }
  return found;
}

/** Whether it stands there as a whole word: in quotes, with or without the prefix, or as the key of an object. */
function names(text: string, annotation: string): boolean {
  const escaped = annotation.replaceAll(/[.*/]/g, '\\$&');
  const key = /^\w+$/.test(annotation) ? `|(?<![\\w-])${escaped}:\\s` : '';
  return new RegExp(`['"\`/]${escaped}['"\`]${key}`).test(text);
}

const ours = [
  ...annotationEntries.flatMap(({ name, aliases = [] }) => [name, ...aliases]),
  ...deprecatedAnnotations.flatMap((group) => group.names),
  'kubernetes.io/ingress.class',
];

describe('tests of annotations', () => {
  it('are listed for each annotation, and for no other', () => {
    expect(Object.keys(coverage).sort()).to.deep.equal(ours.toSorted());
  });

  for (const [name, { seen, conflicts, edges = EDGES, bad = BAD, onlyText }] of Object.entries(coverage)) {
    it(`of ${name} are there`, () => {
      for (const list of [seen, edges, bad, ...(conflicts === null ? [] : [conflicts])])
        for (const file of list.split(' ')) {
          expect([...texts.keys()], `${file}.test.ts`).to.include(file);
          const found = texts.get(file)?.some((text) => names(text, name));
          expect(found, `${file}.test.ts names ${name}`).to.equal(true);
        }
      expect(seen.split(' ').every((file) => file.endsWith('.feature'))).to.equal(true);
      expect(onlyText).to.not.equal('');
    });
  }
});
