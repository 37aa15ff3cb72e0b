import { expect } from 'chai';
import { authoritySecret, errorPage, subjectPattern, verifyDepth } from './client-auth.ts';
import type { ValueType } from './values.ts';

/** Null: refused. */
const rows: readonly (readonly [type: ValueType<unknown>, text: string, value: unknown])[] = [
  [authoritySecret, 'default/ca', 'default/ca'],
  // Names that are none are told later, and close the host.
  [authoritySecret, 'ca', 'ca'],
  [authoritySecret, 'a/b/c', 'a/b/c'],
  [authoritySecret, 'a b', null],
  [authoritySecret, 'a/b;', null],
  [authoritySecret, 'a/b\n', null],
  [authoritySecret, '$x/y', null],
  [errorPage, 'https://www.test/sorry', 'https://www.test/sorry'],
  [errorPage, 'http://www.test:8080/', 'http://www.test:8080/'],
  [errorPage, 'www.test/a/b.html', 'www.test/a/b.html'],
  [errorPage, '/sorry', '/sorry'],
  [errorPage, '@sorry', '@sorry'],
  [errorPage, 'https://www.test/sorry?x=1', null],
  [errorPage, 'https://$host/', null],
  [errorPage, 'https://www.test/a b', null],
  [errorPage, 'https://www.test/;', null],
  [errorPage, 'ftp://www.test/', null],
  [errorPage, '@a b', null],
  [errorPage, '/x\n}', null],
  [subjectPattern, 'CN=alice', 'CN=alice'],
  [subjectPattern, 'CN=(alice|bob),O=.*', 'CN=(alice|bob),O=.*'],
  [subjectPattern, 'CN=a;x', null],
  [subjectPattern, 'CN=a #', null],
  [subjectPattern, 'alice', null],
  [subjectPattern, 'cn=alice', null],
  [subjectPattern, 'CN=(', null],
  [subjectPattern, 'CN=a\n', null],
  [subjectPattern, 'CN=(?<x>a)', null],
  [verifyDepth, '3', 3],
  [verifyDepth, '0', 1],
  [verifyDepth, '100', 100],
  [verifyDepth, '-1', null],
  [verifyDepth, '101', null],
  [verifyDepth, '1;', null],
  [verifyDepth, '1.5', null],
];

describe('values of client certificate authentication', () => {
  for (const [type, text, value] of rows) {
    it(`${type.name}: ${JSON.stringify(text)} ${value === null ? 'is refused' : 'is taken'}`, () => {
      const parsed = type.parse(text);
      expect(parsed.ok ? parsed.value : null).to.equal(value);
    });
  }
});
