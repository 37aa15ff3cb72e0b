/** What clients are asked for who are to log in (compat/behaviour.md section 22). */
import type { BasicAuthAnnotations } from '../graph/annotations/basic-auth.ts';
import type { Literal } from '../text/safe.ts';

export interface PasswordPolicy {
  readonly scheme: 'basic' | 'digest';
  readonly realm: Literal;
}

const NO_REALM = '' as string as Literal;

export function passwordPolicy({ type, realm }: BasicAuthAnnotations): PasswordPolicy | null {
  return type === null ? null : { scheme: type, realm: realm ?? NO_REALM };
}
