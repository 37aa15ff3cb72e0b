import type { ValueType } from '../../text/values.ts';

/** One key of the controller's ConfigMap as data. */
export interface Setting<T> {
  readonly key: string;
  readonly type: ValueType<T>;
  /** As it would be written in the ConfigMap. */
  readonly default: string;
  readonly doc: string;
}

export function setting<T>(
  key: string,
  type: ValueType<T>,
  rest: { default: string; doc: string },
): Setting<T> {
  return { key, type, ...rest };
}
