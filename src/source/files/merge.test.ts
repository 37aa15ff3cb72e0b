import { expect } from 'chai';
import { difference, identityOf, merge, settle, type Contribution } from './merge.ts';
import { type Parsed, parseManifests } from './parse.ts';
import { describeFault, type Placed } from './placed.ts';

function parse(file: string, ...documents: readonly string[]): Parsed {
  return parseManifests(documents.join('\n---\n'), file);
}

function service(name: string, extra = ''): string {
  return `{apiVersion: v1, kind: Service, metadata: {name: ${name}}${extra}}`;
}

function names({ objects }: { readonly objects: readonly Placed[] }): string {
  return objects.map(({ object, origin }) => `${object.metadata.name}@${origin.file}`).join(' ');
}

describe('what a file contributes', () => {
  const before: Contribution = parse('f', service('a'), service('b'));
  const table: readonly (readonly [name: string, documents: readonly string[], expected: string])[] = [
    ['everything new', [service('c')], 'c@f'],
    ['nothing when it is empty', [''], ''],
    ['what it said before when it is broken', ['[', service('c')], 'a@f b@f'],
    ['the old version of a bad object', [service('a', ', spec: 5'), service('c')], 'c@f a@f'],
    ['nothing of a bad object that was never good', [service('c', ', spec: 5')], ''],
    [
      'all that is lost when something lost its name',
      ['{apiVersion: v1, kind: Service}', service('b')],
      'b@f a@f',
    ],
    ['the good one of two with the same name', [service('a', ', spec: 5'), service('a')], 'a@f'],
  ];
  for (const [name, documents, expected] of table) {
    it(name, () => expect(names(settle(before, parse('f', ...documents)))).to.equal(expected));
  }

  it('keeps bad Endpoints, which have another kind than what they become', () => {
    const endpoints = (ip: string): string =>
      `{apiVersion: v1, kind: Endpoints, metadata: {name: a}, subsets: [{addresses: [{ip: ${ip}}]}]}`;
    const kept = settle(parse('f', endpoints('10.0.0.1')), parse('f', endpoints('nonsense')));
    expect(names(kept)).to.equal('a-endpoints-0@f');
  });
});

describe('files together', () => {
  it('let the first definition win and report the others', () => {
    const merged = merge([parse('a', service('x'), service('x')), parse('b', service('x'), service('y'))]);
    const services = [...(merged.winners.get('Service')?.values() ?? [])];
    expect(names({ objects: services })).to.equal('x@a y@b');
    expect(merged.faults.map(describeFault)).to.deep.equal([
      'a:3: Service default/x is already defined further up in this file, and that definition is used; delete or rename one of the two',
      'b:1: Service default/x is already defined in a, and that definition is used; delete or rename one of the two',
    ]);
  });

  it('have faults that stay the same when a duplicate moves', () => {
    const fault = { file: 'f', reason: 'r', line: 1 } as const;
    expect(identityOf({ ...fault, code: 'duplicate' })).to.equal(
      identityOf({ ...fault, code: 'duplicate', line: 2 }),
    );
    expect(identityOf({ ...fault, code: 'object' })).not.to.equal(
      identityOf({ ...fault, code: 'object', line: 2 }),
    );
  });

  it('differ by what was added, changed and removed', () => {
    const given = new Map(
      [...merge([parse('f', service('same'), service('changed'), service('gone'))]).winners].map(
        ([kind, ofKind]) => [kind, new Map([...ofKind].map(([key, { object }]) => [key, object]))] as const,
      ),
    );
    const after = merge([
      parse('g', service('same'), service('changed', ', spec: {clusterIP: None}'), service('new')),
    ]);
    const { put, removed } = difference(given, after.winners);
    expect(put.map(({ metadata }) => metadata.name)).to.deep.equal(['changed', 'new']);
    expect(removed).to.deep.equal([{ kind: 'Service', key: 'default/gone' }]);
  });
});
