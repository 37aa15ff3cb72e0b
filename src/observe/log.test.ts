import { expect } from 'chai';
import * as fc from 'fast-check';
import type { Logger } from '../lib/log.ts';
import { createLogger, type LogFormat } from './log.ts';

/** Local time, which the text form prints. */
const when = new Date(2026, 10, 25, 9, 7, 1, 123).getTime() + 0.456;

function lines(format: LogFormat, use: (log: ReturnType<typeof createLogger>) => void): readonly string[] {
  const written: string[] = [];
  use(createLogger({ format, verbosity: 2, write: (line) => written.push(line), now: () => when, pid: 123 }));
  return written;
}

function fieldOf(value: unknown): string {
  const [line = ''] = lines('text', (log) => log.info('m', { key: value }));
  return line.slice(line.indexOf('key=') + 4, -1);
}

function jsonOf(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const [line = ''] = lines('json', (log) => log.info('m', fields));
  return JSON.parse(line) as Record<string, unknown>;
}

describe('log as text', () => {
  it('has the header of klog', () => {
    expect(lines('text', (log) => log.info('hello', { count: 3 }))).to.deep.equal([
      'I1125 09:07:01.123456     123 tidegate.ts:0] "hello" count=3\n',
    ]);
  });

  const levels: readonly (readonly [letter: string, use: (log: Logger) => void])[] = [
    ['I', (log) => log.info('m')],
    ['W', (log) => log.warn('m')],
    ['E', (log) => log.error('m')],
    ['I', (log) => log.debug(2, 'm')],
  ];
  for (const [letter, use] of levels) {
    it(`begins with ${letter} for ${use.toString().replace(/.*log\./, '')}`, () => {
      expect(lines('text', use)).to.have.length(1);
      expect(lines('text', use)[0]?.[0]).to.equal(letter);
    });
  }

  it('prints debug lines up to the verbosity', () => {
    const all = lines('text', (log) => {
      for (const level of [0, 1, 2, 3, 10]) log.debug(level, `level ${level}`);
    });
    expect(all).to.have.length(3);
  });

  it('names the part that logs', () => {
    const [line] = lines('text', (log) => log.named('nginx').named('admission').warn('m'));
    expect(line).to.contain(' admission.ts:0] "m"');
    const [odd] = lines('text', (log) => log.named('a b]\n').warn('m'));
    expect(odd).to.contain(' a_b__.ts:0] "m"');
  });

  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  const values: readonly (readonly [value: unknown, text: string])[] = [
    ['plain', '"plain"'],
    ['', '""'],
    ['say "hi" \\ bye', '"say \\"hi\\" \\\\ bye"'],
    ['a\nb\r\tc\u0007\b\f\v', '"a\\nb\\r\\tc\\a\\b\\f\\v"'],
    ['\u001b[31mred\u0000\u007f', '"\\x1b[31mred\\x00\\x7f"'],
    ['\u0085\u00a0\u2028\u202e\ufeff', '"\\u0085\\u00a0\\u2028\\u202e\\ufeff"'],
    ['grün ✓ 語 🚀', '"grün ✓ 語 🚀"'],
    ['\u{e0001}', '"\\U000e0001"'],
    ['\ud800', '"\\ud800"'],
    [1.5, '1.5'],
    [Number.NaN, 'NaN'],
    [10n, '10'],
    [true, 'true'],
    [null, 'null'],
    [new Error('went\nwrong'), '"went\\nwrong"'],
    [new TypeError(), '"TypeError"'],
    [{ a: ['x\n'], b: new Error('e') }, '{"a":["x\\n"],"b":"e"}'],
    [new Map([['a', 1]]), '[["a",1]]'],
    [{ n: 5n }, '{"n":"5"}'],
    [['\u2028\u{e0001}'], '["\\u2028\\udb40\\udc01"]'],
    [Symbol('s'), '"Symbol(s)"'],
  ];
  for (const [value, text] of values) {
    it(`prints ${text}`, () => expect(fieldOf(value)).to.equal(text));
  }

  it('survives values that cannot be printed', () => {
    expect(fieldOf(circular)).to.match(/^"<cannot be printed: /);
    const hostile = new Proxy(new Error('x'), {
      get: () => {
        throw new Error('no');
      },
    });
    expect(fieldOf(hostile)).to.equal('"unknown error"');
  });

  it('leaves out undefined fields and makes keys safe', () => {
    const [line] = lines('text', (log) => log.info('m', { gone: undefined, 'a b="c': 1 }));
    expect(line?.endsWith('"m" a_b__c=1\n')).to.equal(true, line);
  });

  it('puts the microseconds right for whole milliseconds and before 1970', () => {
    for (const [now, end] of [
      [1_700_000_000_000, '.000000'],
      [1_700_000_000_999.999, '.999999'],
      [-0.5, '.999500'],
    ] as const) {
      const written: string[] = [];
      createLogger({
        format: 'text',
        verbosity: 0,
        write: (line) => written.push(line),
        now: () => now,
        pid: 1,
      }).info('m');
      expect(written[0]).to.contain(`${end} `);
    }
  });
});

describe('log as JSON', () => {
  it('has time, level, message, part and fields', () => {
    const [line = ''] = lines('json', (log) =>
      log.named('nginx').warn('hello', { a: { b: [1] }, e: new Error('x') }),
    );
    expect(line.endsWith('}\n')).to.equal(true);
    expect(JSON.parse(line)).to.deep.equal({
      ts: new Date(when).toISOString(),
      level: 'warn',
      msg: 'hello',
      component: 'nginx',
      a: { b: [1] },
      e: 'x',
    });
  });

  it('keeps its own keys apart from the fields', () => {
    expect(jsonOf({ level: 5, msg: 'x', other: 1 })).to.include({
      level: 'info',
      level_: 5,
      msg: 'm',
      msg_: 'x',
      other: 1,
    });
  });

  it('survives a value that cannot be printed', () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    expect(jsonOf({ circular, other: 1 })['other']).to.equal(1);
  });
});

describe('every log line', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.constantFrom(
        '\n',
        '\r',
        '\u001b',
        '\u2028',
        '\u2029',
        '\u0085',
        '"',
        '\\',
        'a',
        ' ',
        '\ud800',
      ),
    }),
    fc.anything(),
  );
  const oneLine = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*\n$/u;

  for (const format of ['text', 'json'] as const) {
    it(`is one printable line as ${format}`, () => {
      fc.assert(
        fc.property(
          fc.string({ unit: 'binary' }),
          fc.string({ unit: 'binary' }),
          anything,
          (message, key, value) => {
            const all = lines(format, (log) => log.named(key).info(message, { [key]: value }));
            expect(all).to.have.length(1);
            expect(all[0]).to.match(oneLine);
            if (format === 'json') JSON.parse(all[0] ?? '');
          },
        ),
      );
    });
  }

  it('as JSON gives back the strings that went in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(jsonOf({ value })['value']).to.equal(value);
      }),
    );
  });
});
