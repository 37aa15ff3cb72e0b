/** Views that watch how templates read them. */

export interface StrictView {
  readonly view: object;
  /** Paths of the fields that have been read, list positions as `[]`: `locations[].path`. */
  readonly read: ReadonlySet<string>;
}

/** Throws when a template reads a name that the view does not have; Handlebars alone would print nothing. */
export function watchView(view: object): StrictView {
  const read = new Set<string>();

  function wrap(value: unknown, path: string): unknown {
    if (typeof value !== 'object' || value === null) return value;
    return new Proxy(value, {
      get(target, name) {
        const own: unknown = Reflect.get(target, name);
        // Handlebars and loops ask for these.
        if (
          typeof name === 'symbol' ||
          typeof own === 'function' ||
          (Array.isArray(target) && name === 'length')
        )
          return own;
        const field = fieldOf(target, path, name);
        if (!Object.hasOwn(target, name)) throw new Error(`a template reads ${field}, which is not there`);
        read.add(field);
        return wrap(own, field);
      },
    });
  }

  return { view: wrap(view, '') as object, read };
}

function fieldOf(target: object, path: string, name: string): string {
  if (Array.isArray(target)) return `${path}[]`;
  return path === '' ? name : `${path}.${name}`;
}

/** Every field of a view as `watchView` names them, with its values. */
export function fieldsOf(view: object): ReadonlyMap<string, readonly unknown[]> {
  const fields = new Map<string, unknown[]>();

  function visit(value: unknown, path: string): void {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, part] of Object.entries(value)) {
      const field = fieldOf(value, path, name);
      fields.set(field, [...(fields.get(field) ?? []), part]);
      visit(part, field);
    }
  }

  visit(view, '');
  return fields;
}

/** Throws on any use at all. */
export const poison: object = new Proxy(Object.freeze({}), {
  get: (_target, name) => {
    throw new Error(`the field ${String(name)} of a poisoned view was read`);
  },
  has: (_target, name) => {
    throw new Error(`the field ${String(name)} of a poisoned view was looked for`);
  },
});
