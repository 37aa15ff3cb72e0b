import { expect } from 'chai';
import { classifyAddress, createReach, joinHostPort } from './addresses.ts';
import { messageOf } from './errors.ts';
import { compareText, keyOf } from './keys.ts';
import { parseLabelSelector } from './label-selector.ts';
import { keepLast, memoizeLast } from './memo.ts';

describe('classifyAddress', () => {
  const cases: Readonly<Record<string, ReturnType<typeof classifyAddress>>> = {
    '10.0.0.1': 'ordinary',
    '198.51.100.7': 'ordinary',
    '192.168.1.1': 'ordinary',
    '2001:db8::1': 'ordinary',
    'fd00::1': 'ordinary',
    '64:ff9b::a00:1': 'ordinary',
    '127.0.0.1': 'loopback',
    '127.255.255.254': 'loopback',
    '::1': 'loopback',
    '0:0:0:0:0:0:0:1': 'loopback',
    '169.254.169.254': 'link-local',
    'fe80::1': 'link-local',
    'fe80::1%eth0': 'link-local',
    'febf::1': 'link-local',
    '0.0.0.0': 'unusable',
    '0.1.2.3': 'unusable',
    '224.0.0.1': 'unusable',
    '255.255.255.255': 'unusable',
    '::': 'unusable',
    '::ffff:127.0.0.1': 'unusable',
    '::FFFF:10.0.0.1': 'unusable',
    '0:0:0:0:0:ffff:7f00:1': 'unusable',
    '::127.0.0.1': 'unusable',
    'ff02::1': 'unusable',
    '127.1': null,
    '2130706433': null,
    '0x7f.0.0.1': null,
    '017700000001': null,
    localhost: null,
    '': null,
    '1.2.3.4.5': null,
    '[::1]': null,
  };
  for (const [address, kind] of Object.entries(cases)) {
    it(`${JSON.stringify(address)}: ${kind}`, () => expect(classifyAddress(address)).to.equal(kind));
  }

  const excepted: Readonly<Record<string, readonly [allowed: string, beside: string]>> = {
    '127.0.0.1': ['127.0.0.1', '127.0.0.2'],
    '127.0.0.0/8': ['127.255.0.1', '::ffff:127.0.0.1'],
    '169.254.0.0/17': ['169.254.127.255', '169.254.128.0'],
    '0.0.0.0/0': ['255.255.255.255', '::1'],
    '::1': ['0:0:0:0:0:0:0:1', '::'],
    'fe80::/64': ['fe80::a:b', 'fe80:0:0:1::a'],
    'fe80::1': ['fe80:0::0:1', 'fe80::1%eth0'],
  };
  for (const [network, [allowed, beside]] of Object.entries(excepted)) {
    it(`${allowed} is ordinary when ${network} is excepted, ${beside} is as ever`, () => {
      const reach = createReach([network]);
      expect(createReach([]).classify(allowed)).to.not.equal('ordinary');
      expect([reach.classify(allowed), reach.classifyHost(allowed)]).to.deep.equal(['ordinary', 'ordinary']);
      expect(reach.classify(beside)).to.equal(classifyAddress(beside)).and.not.equal('ordinary');
      expect(reach.classify('localhost')).to.equal(null);
      expect(reach.classifyHost('localhost')).to.equal('loopback');
    });
  }

  it('brackets IPv6 before a port', () => {
    expect(joinHostPort('10.0.0.1', 80)).to.equal('10.0.0.1:80');
    expect(joinHostPort('2001:db8::1', 80)).to.equal('[2001:db8::1]:80');
  });
});

describe('keepLast', () => {
  it('gives the list that was there before when it holds the same', () => {
    const keep = keepLast<string>();
    const first = keep(['a', 'b']);
    expect(keep(['a', 'b'])).to.equal(first);
    expect(keep(['b', 'a'])).to.deep.equal(['b', 'a']);
    expect(keep([])).to.deep.equal([]);
  });
});

describe('compareText', () => {
  it('orders by code units', () => {
    expect(['b', 'a', '*', 'a-b', '_', 'a'].sort(compareText)).to.deep.equal([
      '*',
      '_',
      'a',
      'a',
      'a-b',
      'b',
    ]);
    expect(compareText('a', 'a')).to.equal(0);
  });
});

describe('memoizeLast', () => {
  it('computes again only when an input changes its identity', () => {
    let calls = 0;
    const count = memoizeLast((list: readonly number[]) => {
      calls++;
      return list.length;
    });
    const list = [1, 2];
    expect([count(list), count(list), calls]).to.deep.equal([2, 2, 1]);
    expect([count([1, 2]), calls]).to.deep.equal([2, 2]);
  });

  it('compares only the inputs that it was told of', () => {
    let calls = 0;
    const read = memoizeLast(
      (box: { readonly value: string }) => {
        calls++;
        return box.value;
      },
      ({ value }) => [value],
    );
    expect([read({ value: 'a' }), read({ value: 'a' }), calls]).to.deep.equal(['a', 'a', 1]);
  });
});

describe('parseLabelSelector', () => {
  const labels = { team: 'a', tier: 'web' };
  const cases: Readonly<Record<string, boolean>> = {
    'team=a': true,
    'team==a': true,
    'team!=a': false,
    'team=b': false,
    'missing!=x': true,
    'team in (a,b)': true,
    'team in (b, c)': false,
    'team notin (b)': true,
    'missing notin (a)': true,
    team: true,
    '!team': false,
    '!missing': true,
    'team=a,tier=web': true,
    'team=a,tier=db': false,
    'team in (a,b),tier': true,
    'missing=': false,
  };
  for (const [text, matches] of Object.entries(cases)) {
    it(`${text}: ${matches}`, () => {
      const parsed = parseLabelSelector(text);
      expect(parsed.ok && parsed.value.matches(labels)).to.equal(matches);
    });
  }
  for (const text of ['', 'team in a', 'team=(a)', '=a', 'team in (', 'a b', '!']) {
    it(`refuses ${JSON.stringify(text)}`, () =>
      expect(parseLabelSelector(text)).to.have.property('ok', false));
  }
});

describe('keyOf and messageOf', () => {
  it('leaves the namespace out where there is none', () => {
    expect(keyOf({ namespace: 'a', name: 'b' })).to.equal('a/b');
    expect(keyOf({ namespace: '', name: 'b' })).to.equal('b');
  });

  it('finds words in everything that can be thrown', () => {
    expect(messageOf(new Error('plain'))).to.equal('plain');
    expect(messageOf('text')).to.equal('text');
    expect(messageOf(Object.assign(new Error(''), { code: 'ECONNRESET' }))).to.equal('ECONNRESET');
    expect(messageOf(Object.assign(new Error('no'), { code: 'EX' }))).to.equal('no (EX)');
    expect(messageOf(new AggregateError([new Error('first'), new Error('second')]))).to.equal('first');
  });
});
