/** Whether two lists hold the very same items. */
export function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

/** The list itself, or one that was there before and holds the very same items. */
export function keepLast<T>(): (list: readonly T[]) => readonly T[] {
  let last: readonly T[] = Object.freeze([]);
  return (list) => (last = sameItems(last, list) ? last : list);
}

/**
 * A function that remembers its last result: while everything that it reads is identical, it gives the same result again.
 * It changes the cost only, so the function must be pure.
 * @param inputsOf all that the result depends on, compared by identity; default: the arguments themselves.
 */
export function memoizeLast<A extends readonly unknown[], R>(
  compute: (...args: A) => R,
  inputsOf: (...args: A) => readonly unknown[] = (...args) => args,
): (...args: A) => R {
  let last: { readonly inputs: readonly unknown[]; readonly result: R } | null = null;
  return (...args) => {
    const inputs = inputsOf(...args);
    if (last !== null && sameItems(last.inputs, inputs)) return last.result;
    last = { inputs, result: compute(...args) };
    return last.result;
  };
}
