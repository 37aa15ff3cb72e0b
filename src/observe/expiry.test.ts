import { expect } from 'chai';
import { silentLogger } from '../lib/log.ts';
import { createExpiryWatch } from './expiry.ts';

const HOUR = 3_600_000;

describe('certificates that end', () => {
  const lines: string[] = [];
  let time = 0;
  const watch = createExpiryWatch(
    {
      ...silentLogger,
      warn: (message, values) =>
        lines.push(`${message} ${values?.['host']} ${values?.['secret']} ${values?.['until']}`),
    },
    () => time,
  );
  const look = (...expiries: readonly (number | null)[]) => {
    lines.length = 0;
    watch(
      expiries.map((expires, index) => ({
        host: `h${index}.test`,
        certificate: expires === null ? null : { key: `default/s${index}`, expires },
      })),
    );
    return lines.map((line) => line.replace(/ \S+Z$/, ''));
  };

  const steps: readonly (readonly [hours: number, what: string, expected: readonly string[]])[] = [
    [0, 'long before', []],
    [1, 'ten days before', ['SSL certificate is about to expire h1.test default/s1']],
    [2, 'a little later, nothing new', []],
    [241, 'when it has ended', ['SSL certificate is expired h1.test default/s1']],
    [242, 'once only', []],
  ];
  for (const [hours, what, expected] of steps) {
    it(`are told ${what}`, () => {
      time = hours * HOUR + (hours > 0 ? 1 : 0);
      expect(look(1000 * HOUR, 241 * HOUR, null)).to.deep.equal(expected);
    });
  }

  it('are told once for all their hosts, with the time in UTC', () => {
    lines.length = 0;
    time = 0;
    const certificate = { key: 'default/wild', expires: HOUR };
    watch([
      { host: 'a.test', certificate },
      { host: 'b.test', certificate },
    ]);
    expect(lines).to.deep.equal([
      'SSL certificate is about to expire a.test default/wild 1970-01-01T01:00:00.000Z',
    ]);
  });

  it('are looked at again after an hour, when nothing else changes', () => {
    lines.length = 0;
    time = 0;
    const served = [{ host: 'h.test', certificate: { key: 'default/s', expires: 240 * HOUR + 1 } }];
    for (const hours of [0, 0.5, 0.9, 1.1]) {
      time = hours * HOUR;
      watch(served);
    }
    expect(lines).to.have.length(1);
  });

  it('are told again when they come back', () => {
    time = 0;
    look(HOUR);
    expect(look()).to.deep.equal([]);
    expect(look(HOUR)).to.have.length(1);
  });
});
