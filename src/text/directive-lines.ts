/** Annotations of Tidegate's own that hold a rule in each line. */
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import { parseLiteral } from './safe.ts';
import type { ValueType } from './values.ts';

export interface LinesSyntax<T> {
  readonly name: string;
  readonly most: number;
  /** One that is not empty, without blanks around it; the reason of a refusal goes on after "line 2". */
  readonly line: (text: string) => Result<T>;
  /** What lines must not say together: the reason, or null. */
  readonly together?: (items: readonly T[]) => string | null;
}

/** Empty lines are left out. As JSON, all of them must be short enough for one word of nginx.conf. */
export function linesOf<T>({ name, most, line, together }: LinesSyntax<T>): ValueType<readonly T[]> {
  return {
    name,
    parse: (text) => {
      const items: T[] = [];
      for (const [index, part] of text.split('\n').entries()) {
        const plain = part.trim();
        if (plain === '') continue;
        const parsed = parseLiteral(plain);
        const item = parsed.ok ? line(plain) : parsed;
        if (!item.ok) return fail(`is wrong in line ${index + 1}, which ${item.reason}`);
        items.push(item.value);
      }
      if (items.length === 0) return fail('holds no line');
      if (items.length > most) return fail(`has ${items.length} lines; ${most} at most`);
      const reason = together?.(items) ?? null;
      if (reason !== null) return fail(reason);
      const whole = parseLiteral(JSON.stringify(items));
      return whole.ok ? ok(items) : fail('is too long in all; write fewer or shorter lines');
    },
  };
}
