/** Names of objects in annotations, and lists of status codes. */
import { fail, ok, okWithout } from '../lib/result.ts';
import type { Literal } from './safe.ts';
import type { ValueType } from './values.ts';

/** RFC 1035 label, as the API server wants it for the name of a Service. */
export const serviceName: ValueType<Literal> = {
  name: 'name of a Service',
  parse: (text) =>
    /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text)
      ? ok(text as string as Literal)
      : fail(
          'is not the name of a Service; write lower-case letters, digits and "-" only, for example "errors"',
        ),
};

/** Of requests whose client has gone: nginx takes no page for it. */
const OWN = '499';

/** Codes between commas or blanks; one that is out of range spoils the list. */
export const errorCodes: ValueType<readonly number[]> = {
  name: 'status codes from 400 to 599, for example "404,503"',
  parse: (text) => {
    const codes = split(text);
    if (codes.includes(OWN)) return fail(`holds ${OWN}, which nginx has for itself; leave it out`);
    return codes.length > 0 && codes.every((code) => /^[45]\d\d$/.test(code))
      ? ok(unique(codes))
      : fail('is not a list of status codes from 400 to 599; write for example "404,503"');
  },
};

/** Codes from 300 to 599; what else stands in the list is left out. */
export const lenientErrorCodes: ValueType<readonly number[]> = {
  name: 'status codes from 300 to 599, for example "404,503"; others are left out',
  parse: (text) => {
    const { good = [], bad = [] } = Object.groupBy(split(text), (code) =>
      code !== OWN && /^[345]\d\d$/.test(code) ? 'good' : 'bad',
    );
    return okWithout(unique(good), bad.map(whyLeftOut));
  },
};

function whyLeftOut(code: string): string {
  const reason = code === OWN ? 'nginx has for itself' : 'is no status code from 300 to 599';
  return `holds "${code.slice(0, 100)}", which ${reason}; it is left out`;
}

function split(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.replaceAll(' ', ''))
    .filter((part) => part !== '');
}

function unique(codes: readonly string[]): readonly number[] {
  return Object.freeze([...new Set(codes.map(Number))]);
}
