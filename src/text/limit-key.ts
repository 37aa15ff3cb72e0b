/** Whom the limits of Ingresses count (compat/behaviour.md 25.2). */
import { fail } from '../lib/result.ts';
import { REQUEST_VARIABLES } from './headers.ts';
import { parseExpression } from './safe.ts';
import type { Expression } from './safe.ts';
import type { ValueType } from './values.ts';

/** Printed bare, as scripts know it. */
export const limitKey: ValueType<Expression> = {
  name: 'nginx variables, for example "$http_x_forwarded_for"',
  parse: (text) => {
    // Where nothing differs, all clients would be one.
    if (!/^[A-Za-z0-9$._:-]{1,500}$/.test(text) || !/\$[a-z]/.test(text))
      return fail('is not made of variables and letters; write for example "$binary_remote_addr"');
    return parseExpression(text, REQUEST_VARIABLES);
  },
};
