/** Which requests go to another Service than the one of the path (compat/behaviour.md section 10). */
import { fail } from '../../lib/result.ts';
import { parsePattern } from '../../text/pattern.ts';
import type { Pattern } from '../../text/safe.ts';
import { bool } from '../../text/values.ts';
import type { ValueType } from '../../text/values.ts';
import { anyInteger, basicText, cookieName, headerName } from '../../text/words.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

const pattern: ValueType<Pattern> = {
  name: 'regular expression',
  parse: (text) =>
    /^[-._~a-zA-Z0-9/:^$[\](){}*+?|&=\\]+$/.test(text)
      ? parsePattern(text)
      : fail('holds characters other than letters, digits and - . _ ~ / : ^ $ [ ] ( ) { } * + ? | & = \\'),
};

const low = { invalid: 'default', risk: 'Low', scope: 'ingress' } as const;
const medium = { ...low, risk: 'Medium' } as const;

export const canaryAnnotations = {
  canary: annotation('canary', bool, {
    ...low,
    example: 'true',
    doc: 'This Ingress makes no hosts and paths of its own: requests for the same host, path and pathType of another Ingress go to its Service when one of its rules says so.',
  }),
  weight: annotation('canary-weight', anyInteger, {
    ...low,
    example: '10',
    doc: 'Share of the requests that no header and cookie rule decides about, of canary-weight-total.',
  }),
  weightTotal: annotation('canary-weight-total', anyInteger, {
    ...low,
    example: '1000',
    doc: 'What canary-weight is a part of; 100, unless this is more.',
  }),
  header: annotation('canary-by-header', headerName, {
    ...medium,
    example: 'X-Canary',
    doc: 'Header that decides: "always" sends a request to the canary, "never" to the primary.',
  }),
  headerValue: annotation('canary-by-header-value', basicText, {
    ...medium,
    example: 'beta',
    doc: 'Value of the header that sends a request to the canary, instead of "always" and "never".',
  }),
  headerPattern: annotation('canary-by-header-pattern', pattern, {
    ...medium,
    example: '^beta-[0-9]+$',
    doc: 'Regular expression for values of the header that send a request to the canary; without effect beside canary-by-header-value.',
  }),
  cookie: annotation('canary-by-cookie', cookieName, {
    ...medium,
    example: 'beta',
    doc: 'Cookie that decides: "always" sends a request to the canary, "never" to the primary.',
  }),
} satisfies AnnotationTable;

export type CanaryAnnotations = AnnotationValues<typeof canaryAnnotations>;

/** Rules of a canary that have no effect, since the Ingress is none (compat/behaviour.md 10.1). */
export function hasRulesWithoutCanary(values: CanaryAnnotations): boolean {
  const { canary, weight, header, headerValue, headerPattern, cookie } = values;
  const rules = [header, headerValue, headerPattern, cookie];
  return canary !== true && ((weight ?? 0) > 0 || rules.some((rule) => rule !== null));
}
