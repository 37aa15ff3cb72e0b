import type { FakeObject } from './store.ts';

type Lookup = (object: FakeObject, key: string) => string | undefined;

/** The equality forms of label and field selectors: `a=b`, `a==b`, `a!=b`, `a`, `!a`, joined by commas. */
export function compileSelector(
  labelSelector: string,
  fieldSelector: string,
): (object: FakeObject) => boolean {
  const tests = [...compile(labelSelector, labelOf), ...compile(fieldSelector, fieldOf)];
  return (object) => tests.every((test) => test(object));
}

function compile(selector: string, lookup: Lookup): readonly ((object: FakeObject) => boolean)[] {
  const terms = selector.split(',').filter((term) => term !== '');
  return terms.map((term) => {
    const parts = /^(?<not>!?)(?<key>[^=!]+)(?:(?<operator>==?|!=)(?<value>.*))?$/u.exec(term)?.groups;
    if (parts === undefined)
      throw new Error(`the fake API server does not understand the selector "${term}"`);
    const { not, key = '', operator, value } = parts;
    if (operator === undefined) return (object) => (lookup(object, key) !== undefined) === (not === '');
    return (object) => (lookup(object, key) === value) === (operator !== '!=');
  });
}

function labelOf(object: FakeObject, key: string): string | undefined {
  return object.metadata.labels?.[key];
}

function fieldOf(object: FakeObject, path: string): string | undefined {
  let value: unknown = object;
  for (const step of path.split('.')) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined;
  }
  return typeof value === 'string' ? value : undefined;
}
