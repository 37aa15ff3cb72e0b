import { expect } from 'chai';
import { addNative, readNative, schemaOf, spansOf } from './native-histogram.ts';
import type { GrowingHistogram } from './native-histogram.ts';

type Counts = readonly (readonly [index: number, count: number])[];

const histogram = (schema: number, counts: Counts, zero = 0): GrowingHistogram => ({
  schema,
  zero,
  counts: new Map(counts),
});

function plain({ schema, zero, counts }: GrowingHistogram) {
  return { schema, zero, counts: [...counts].toSorted(([a], [b]) => a - b) };
}

describe('native histograms', () => {
  for (const [factor, schema] of [
    [0, null],
    [1, null],
    [-2, null],
    [NaN, null],
    [1.000001, 8],
    [1.0027, 8],
    [1.0028, 8],
    [1.0055, 7],
    [1.1, 3],
    [1.0905077, 4],
    [1.0905078, 3],
    [1.4, 2],
    [1.99, 1],
    [2, 0],
    [3, 0],
    [4, -1],
    [15.9, -1],
    [16, -2],
    [256, -3],
    [65_536, -4],
    [1e300, -4],
    [Infinity, -4],
  ] as const)
    it(`have schema ${schema} for factor ${factor}`, () => expect(schemaOf(factor)).to.equal(schema));

  const sums: readonly (readonly [
    what: string,
    into: GrowingHistogram,
    more: GrowingHistogram,
    expected: readonly [schema: number, counts: Counts, zero: number],
    most?: number,
  ])[] = [
    [
      'with the same buckets',
      histogram(3, [[1, 2]], 1),
      histogram(
        3,
        [
          [1, 3],
          [-4, 1],
        ],
        2,
      ),
      [
        3,
        [
          [-4, 1],
          [1, 5],
        ],
        3,
      ],
    ],
    [
      'with wider ones',
      histogram(3, [
        [1, 1],
        [2, 1],
        [3, 1],
        [-1, 1],
      ]),
      histogram(2, [[1, 1]]),
      [
        2,
        [
          [0, 1],
          [1, 3],
          [2, 1],
        ],
        0,
      ],
    ],
    [
      'with narrower ones',
      histogram(1, [[0, 1]]),
      histogram(3, [
        [-4, 1],
        [-3, 1],
        [0, 1],
        [1, 1],
        [4, 1],
        [5, 1],
      ]),
      [
        1,
        [
          [-1, 1],
          [0, 3],
          [1, 2],
          [2, 1],
        ],
        0,
      ],
    ],
    ['of which no one has any', histogram(3, []), histogram(3, [], 4), [3, [], 4]],
    [
      'of as many as there may be',
      histogram(0, [[1, 1]]),
      histogram(0, [[2, 1]]),
      [
        0,
        [
          [1, 1],
          [2, 1],
        ],
        0,
      ],
      2,
    ],
    [
      'of more than that',
      histogram(0, [
        [1, 1],
        [2, 1],
      ]),
      histogram(0, [[3, 1]]),
      [
        -1,
        [
          [1, 2],
          [2, 1],
        ],
        0,
      ],
      2,
    ],
    [
      'of far more than that',
      histogram(2, [
        [1, 1],
        [5, 1],
        [9, 1],
      ]),
      histogram(2, [
        [13, 1],
        [17, 1],
      ]),
      [
        -1,
        [
          [1, 2],
          [2, 2],
          [3, 1],
        ],
        0,
      ],
      3,
    ],
    [
      'of more, with no wider ones',
      histogram(-4, [[1, 1]]),
      histogram(-4, [[2, 1]]),
      [
        -4,
        [
          [1, 1],
          [2, 1],
        ],
        0,
      ],
      1,
    ],
  ];
  for (const [what, into, more, [schema, counts, zero], most = 0] of sums)
    it(`add up ${what}`, () => {
      addNative(into, more, most);
      expect(plain(into)).to.deep.equal({ schema, counts, zero });
    });

  it('are read as workers send them', () =>
    expect(readNative([3, 2, -9, 4, 0, 1])).to.deep.equal({
      schema: 3,
      zero: 2,
      counts: new Map([
        [-9, 4],
        [0, 1],
      ]),
    }));

  for (const [what, value] of [
    ['no list', 'x'],
    ['nothing', []],
    ['half a bucket', [3, 0, 1]],
    ['a count that is no number', [3, 0, 1, 'x']],
    ['a negative count', [3, 0, 1, -1]],
    ['half a value', [3, 0.5]],
    ['fewer than no values', [3, -1]],
    ['a schema of others', [9, 0]],
    ['one that is too wide', [-5, 0]],
    ['a bucket of no number', [3, 0, 1e9, 1]],
  ] as const)
    it(`are not read from ${what}`, () => expect(readNative(value)).to.equal(null));

  for (const [what, counts, spans] of [
    ['nothing', [], []],
    ['one bucket', [[-7, 2]], [[-7, [2]]]],
    [
      'neighbours, in any order',
      [
        [2, 1],
        [1, 3],
      ],
      [[1, [3, 1]]],
    ],
    [
      'a short gap',
      [
        [1, 3],
        [4, 1],
      ],
      [[1, [3, 0, 0, 1]]],
    ],
    [
      'a longer gap',
      [
        [1, 3],
        [5, 1],
        [6, 1],
      ],
      [
        [1, [3]],
        [3, [1, 1]],
      ],
    ],
  ] as const)
    it(`have spans: ${what}`, () =>
      expect(spansOf(new Map(counts)).map(({ offset, counts: some }) => [offset, some])).to.deep.equal(
        spans,
      ));
});
