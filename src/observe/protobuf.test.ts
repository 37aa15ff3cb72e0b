import { expect } from 'chai';
import { inOneGo } from '../lib/slices.ts';
import { readFamilies } from '../testing/builders/metric-families.ts';
import { encodeFamilies, encodeLabels } from './protobuf.ts';
import type { Scraped, ScrapedMetric } from './protobuf.ts';

const encode = (...families: readonly Scraped[]) => inOneGo(encodeFamilies(families));
const family = (type: Scraped['type'], ...metrics: readonly ScrapedMetric[]): Scraped => ({
  name: 'x',
  help: 'y',
  type,
  metrics,
});
const labels = encodeLabels({ host: 'ä.test', path: '/' });

describe('the protobuf form', () => {
  // By hand from metrics.proto: tag is field * 8 + type, 0 for integers, 1 for doubles, 2 for what has a length.
  it('is what Prometheus reads, byte by byte', () => {
    const one = [0, 0, 0, 0, 0, 0, 0xf0, 0x3f];
    const threshold = [0, 0, 0, 0, 0, 0, 0xf0, 0x37];
    const buckets = [0x1a, 11, 0x08, 3, 0x11, ...one];
    const scale = [0x28, 6, 0x31, ...threshold, 0x38, 1];
    const spans = [0x62, 4, 0x08, 3, 0x10, 2];
    const histogram = [0x08, 4, 0x11, ...one, ...buckets, ...scale, ...spans, 0x68, 4, 0x68, 1];
    const metric = [0x0a, 6, 0x0a, 1, 0x61, 0x12, 1, 0x62, 0x3a, histogram.length, ...histogram];
    const expected = [0x0a, 1, 0x78, 0x12, 1, 0x79, 0x18, 4, 0x22, metric.length, ...metric];
    const native = {
      schema: 3,
      zero: 1,
      counts: new Map([
        [-2, 2],
        [-1, 1],
      ]),
    };
    const value = { sum: 1, count: 4, buckets: [[1, 3]] as const, native };
    const bytes = encode(family('histogram', { labels: encodeLabels({ a: 'b' }), value }));
    expect([...bytes]).to.deep.equal([expected.length, ...expected]);
  });

  for (const [type, number] of [
    ['counter', 0],
    ['gauge', 1],
  ] as const)
    it(`has a ${type}`, () => {
      const [read] = readFamilies(encode(family(type, { labels, value: 0.5 }, { labels, value: -1 })));
      expect(read).to.deep.include({ name: 'x', help: 'y', type: number });
      const rest = { labels: { host: 'ä.test', path: '/' }, counter: null, gauge: null, histogram: null };
      expect(read?.metrics).to.deep.equal([
        { ...rest, [type]: 0.5 },
        { ...rest, [type]: -1 },
      ]);
    });

  it('has a histogram that is not native', () => {
    const value = { sum: 2.5, count: 300, buckets: [[1, 3]] as const, native: null };
    const [read] = readFamilies(encode(family('histogram', { labels, value })));
    expect(read?.metrics[0]?.histogram).to.deep.equal(value);
  });

  it('has gaps and falling counts of a native histogram', () => {
    const counts = new Map([
      [-40, 1000],
      [3, 2],
      [4, 1],
    ]);
    const value = { sum: 0, count: 1003, buckets: [], native: { schema: -4, zero: 0, counts } };
    const [read] = readFamilies(encode(family('histogram', { labels, value })));
    expect(read?.metrics[0]?.histogram?.native).to.deep.equal({
      schema: -4,
      zeroThreshold: 2 ** -128,
      zeroCount: 0,
      spans: [
        [-40, 1],
        [42, 2],
      ],
      deltas: [1000, -998, -1],
    });
  });

  it('leaves out families without metrics, and has others one after the other', () => {
    const full = family('gauge', { labels, value: 1 });
    const bytes = encode(family('counter'), full, { ...full, name: 'z' });
    expect(readFamilies(bytes).map(({ name }) => name)).to.deep.equal(['x', 'z']);
  });
});
