import { expect } from 'chai';
import { parseFixedHeader, parseHeaderWithVariables } from './headers.ts';

const told = (result: ReturnType<typeof parseFixedHeader | typeof parseHeaderWithVariables>) =>
  result.ok ? `${result.value.name}: ${result.value.value}` : result.reason;

describe('headers of ConfigMaps', () => {
  const fixed: readonly (readonly [name: string, value: string, outcome: string | RegExp])[] = [
    ['X-Frame-Options', 'DENY', 'X-Frame-Options: DENY'],
    ['x_y', 'a; b="c"', 'x_y: a; b="c"'],
    ['X', '$host', 'X: $host'],
    ['X', ' ', 'X:  '],
    ['X', '', /holds "X" with a value that is empty/],
    ['X', 'a\nSet-Cookie: b', /value that is empty or not of printable/],
    ['X', 'ü', /printable ASCII/],
    ['X', 'a'.repeat(5000), /too long/],
    ['-s', '404', /holds "-s", which is no name of a header/],
    ['X Y', 'a', /no name of a header/],
    ['X:Y', 'a', /no name of a header/],
    ['', 'a', /no name of a header/],
    ['X'.repeat(201), 'a', /no name of a header/],
  ];
  for (const [name, value, outcome] of fixed) {
    it(`${JSON.stringify(name.slice(0, 20))}: ${JSON.stringify(value.slice(0, 20))} of answers`, () => {
      const text = told(parseFixedHeader(name, value));
      if (typeof outcome === 'string') expect(text).to.equal(outcome);
      else expect(text).to.match(outcome);
    });
  }

  const withVariables: readonly (readonly [name: string, value: string, outcome: string | RegExp])[] = [
    ['X-Request-Start', 't=${msec}', 'X-Request-Start: t=${msec}'],
    ['X-Host', '$host-$remote_user', 'X-Host: $host-$remote_user'],
    ['X-Empty', '', 'X-Empty: '],
    ['X', '$nobody', /holds "X", which uses "\$nobody"/],
    ['X', '${', /holds "X", which uses/],
    ['X', 'a\r\nb', /control character/],
    ['X Y', '', /no name of a header/],
  ];
  for (const [name, value, outcome] of withVariables) {
    it(`${JSON.stringify(name)}: ${JSON.stringify(value)} with variables`, () => {
      const text = told(parseHeaderWithVariables(name, value));
      if (typeof outcome === 'string') expect(text).to.equal(outcome);
      else expect(text).to.match(outcome);
    });
  }
});
