import { expect } from 'chai';
import type { Size } from './safe.ts';
import {
  bool,
  bufferSize,
  choice,
  expression,
  fileSize,
  integer,
  list,
  literal,
  nextUpstream,
  nginxTime,
  secondsValue,
  size,
  sizeInBytes,
  token,
  usableTempFileSize,
} from './values.ts';
import type { ValueType } from './values.ts';

interface Case<T> {
  readonly type: ValueType<T>;
  readonly takes: Readonly<Record<string, unknown>>;
  readonly refuses: readonly string[];
}

const words = list(choice(['a', 'b']), { separator: /[\s,]+/, example: 'a b' });
const optional = list(choice(['a', 'b']), { separator: /,/, example: 'a,b', empty: 'allowed' });

const cases: Readonly<Record<string, Case<unknown>>> = {
  bool: {
    type: bool,
    takes: {
      ...Object.fromEntries(['1', 't', 'T', 'TRUE', 'true', 'True'].map((text) => [text, true])),
      ...Object.fromEntries(['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text) => [text, false])),
    },
    refuses: ['', 'yes', 'on', 'tRUE', '2', ' true'],
  },
  size: {
    type: size,
    takes: { '0': '0', '8k': '8k', '1G': '1G', '999999999m': '999999999m' },
    refuses: ['', '8b', '8kk', '-1', '1.5m', '1e3', '1000000000', '8k;', '8 k'],
  },
  bufferSize: {
    type: bufferSize,
    takes: { '1': '1', '8k': '8k', '64m': '64m', '67108864': '67108864' },
    refuses: ['0', '0k', '65m', '67108865', '1g', '0g', 'm'],
  },
  fileSize: {
    type: fileSize,
    takes: { '0': '0', '1m': '1m', '1g': '1024m', '2G': '2048m', '0g': '0m' },
    refuses: ['', 'g', '1t', '999999999g'],
  },
  secondsValue: {
    type: secondsValue,
    takes: { '0': '0s', '60': '60s', '0060': '60s', '9999999': '9999999s' },
    refuses: ['', '60s', '-1', '1.5', '10000000'],
  },
  nginxTime: {
    type: nginxTime,
    takes: { '240s': '240s', '1h': '1h', '5': '5', '300ms': '300ms', '7d': '7d', '2m': '2m' },
    refuses: ['', '1w', '1M', '1y', '-1s', '1h30m', '1 h', 's'],
  },
  integer: {
    type: integer({ min: -2, max: 10 }),
    takes: { '0': 0, '-2': -2, '10': 10, '007': 7 },
    refuses: ['', '-3', '11', '1.0', '0x1', '1_0', '1e1', 'NaN', 'Infinity', '9'.repeat(30)],
  },
  choice: {
    type: choice(['on', 'off']),
    takes: { on: 'on', off: 'off' },
    refuses: ['', 'ON', 'on ', 'constructor'],
  },
  list: {
    type: words,
    takes: { a: ['a'], 'a b': ['a', 'b'], 'a,b,': ['a', 'b'], ' b  a ': ['b', 'a'] },
    refuses: ['', ' ', ',', 'a c', 'ab'],
  },
  'list that may be empty': {
    type: optional,
    takes: { '': [], ' , ,': [], 'a, b': ['a', 'b'] },
    refuses: ['c', 'a b'],
  },
  nextUpstream: {
    type: nextUpstream,
    takes: { off: ['off'], 'error non_idempotent': ['error', 'non_idempotent'] },
    refuses: ['', 'errortimeout', 'updating', 'http_999', 'error;'],
  },
  literal: { type: literal, takes: { '': '', 'a;{}"$': 'a;{}"$' }, refuses: ['a\n', '\u0000'] },
  expression: { type: expression, takes: { '/$1': '/$1' }, refuses: ['$x', '$'] },
  token: { type: token, takes: { 'a-b_c.d': 'a-b_c.d' }, refuses: ['', 'a b', 'a;', 'ä', '$a', '"a"'] },
};

describe('types of values', () => {
  for (const [name, { type, takes, refuses }] of Object.entries(cases)) {
    for (const [text, value] of Object.entries(takes)) {
      it(`${name} takes ${JSON.stringify(text)}`, () =>
        expect(type.parse(text)).to.deep.equal({ ok: true, value }));
    }
    for (const text of refuses) {
      it(`${name} refuses ${JSON.stringify(text.slice(0, 30))}, and says why`, () => {
        const parsed = type.parse(text);
        expect(parsed.ok ? '' : parsed.reason).to.match(/^(?:is|may|uses|contains|holds) /);
      });
    }
  }

  it('name the item of a list that is wrong', () => {
    expect(words.parse('a x')).to.deep.equal({ ok: false, reason: 'holds "x", which is none of "a", "b"' });
  });
});

describe('sizes', () => {
  const bytes: Readonly<Record<string, number>> = {
    '0': 0,
    '10': 10,
    '8k': 8192,
    '8K': 8192,
    '1m': 1_048_576,
    '2G': 2 ** 31,
  };
  for (const [text, count] of Object.entries(bytes)) {
    it(`${text} is ${count} bytes`, () => expect(sizeInBytes(text as Size)).to.equal(count));
  }

  const files: readonly (readonly [string, string, string])[] = [
    ['1024m', '4k', '1024m'],
    ['4k', '4k', '4k'],
    ['1k', '4k', '4k'],
    ['0', '4k', '0'],
    ['1m', '64m', '64m'],
  ];
  for (const [wanted, buffer, printed] of files) {
    it(`a temporary file of ${wanted} beside buffers of ${buffer} becomes ${printed}`, () =>
      expect(usableTempFileSize(wanted as Size, buffer as Size)).to.equal(printed));
  }
});
