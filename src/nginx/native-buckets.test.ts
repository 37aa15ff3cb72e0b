/** Native histograms as workers count them (nginx/lua/tidegate/native.lua). */
import { expect } from 'chai';
import { runLua } from '../testing/builders/lua.ts';

/** Schema, values that are nothing, then index and count of each bucket, by index. */
type Listed = readonly number[];

/** Numbers as Lua reads them, all digits kept. */
const literal = (value: number) => value.toExponential(20);

/** What is listed after values, each time in a histogram of its own. `unit` is bytes or milliseconds. */
async function count(
  rows: readonly (readonly [schema: number, values: readonly number[], most?: number])[],
  unit: 'bytes' | 'milliseconds' = 'bytes',
): Promise<readonly Listed[]> {
  const observe = unit === 'bytes' ? 'observe' : 'observe_time';
  const lists = await runLua(`
    local native = require "tidegate.native"
    local lists = {}
    for index, row in ipairs({
      ${rows.map(([schema, values, most = 0]) => `{ ${schema}, { ${values.map(literal).join(', ')} }, ${most} },`).join('\n')}
    }) do
      local counting = native.counting(row[1], row[3])
      local histogram = counting.histogram({ 1 })
      for _, value in ipairs(row[2]) do
        counting.${observe}(histogram, { 1 }, value)
      end
      lists[index] = counting.list(histogram.native)
    end
    return lists`);
  return (lists as readonly Listed[]).map(sorted);
}

function sorted([schema = NaN, zero = NaN, ...rest]: Listed): Listed {
  const pairs = rest.flatMap((index, at) => (at % 2 === 0 ? [[index, rest[at + 1] ?? NaN] as const] : []));
  return [schema, zero, ...pairs.toSorted(([a], [b]) => a - b).flat()];
}

/** The next number that there is. */
function above(value: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + 1n);
  return view.getFloat64(0);
}

const SCHEMAS = [-4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8];
const POWERS = [
  -127, -126, -65, -64, -33, -32, -31, -10, -7, -3, -2, -1, 0, 1, 2, 3, 4, 7, 10, 31, 32, 33, 52, 64,
];

describe('native buckets in workers', () => {
  it('have powers of two as the bounds that they are', async () => {
    const cases = SCHEMAS.flatMap((schema) =>
      POWERS.flatMap((power) => {
        const index = Math.ceil(power * 2 ** schema) + 0;
        const next = Math.floor(power * 2 ** schema) + 1;
        return [
          { schema, value: 2 ** power, index },
          { schema, value: above(2 ** power), index: next },
        ];
      }),
    );
    const lists = await count(cases.map(({ schema, value }) => [schema, [value]]));
    expect(lists).to.deep.equal(cases.map(({ schema, index }) => [schema, 0, index, 1]));
  });

  it('hold what is above their lower bound and not above their upper one', async () => {
    const values = Array.from({ length: 400 }, (_, at) => 1.0317 ** (at - 200) * 1.7);
    const rows = SCHEMAS.flatMap((schema) => values.map((value) => ({ schema, value })));
    const lists = await count(rows.map(({ schema, value }) => [schema, [value]]));
    const wrong = rows.filter(({ schema, value }, at) => {
      const [, , index = NaN] = lists[at] ?? [];
      const bound = (of: number) => 2 ** (of / 2 ** schema);
      return !(bound(index - 1) < value && value <= bound(index));
    });
    expect(wrong).to.deep.equal([]);
  });

  it('have milliseconds by their seconds, and no time as nothing', async () => {
    const [list] = await count([[0, [0, 1, 500, 501, 1000, 1001, 5000, 5000]]], 'milliseconds');
    // 2^-10 is 0.98 milliseconds.
    expect(list).to.deep.equal([0, 1, -9, 1, -1, 1, 0, 2, 1, 1, 3, 2]);
  });

  it('take what is too small to count as nothing', async () => {
    const least = 2 ** -128;
    expect(await count([[8, [least, above(least), least / 2]]])).to.deep.equal([[8, 2, -32_767, 1]]);
  });

  it('become wider when there are too many, also those that come later', async () => {
    const lists = await count([
      [1, [1, 2, 4], 3],
      [1, [1, 2, 4, 8], 3],
      [1, [1, 2, 4, 8, 16, 2.5], 3],
      [-4, [1, 100_000, 1e10], 2],
      [8, [1, 2, 4, 8], 0],
    ]);
    expect(lists).to.deep.equal([
      [1, 0, 0, 1, 2, 1, 4, 1],
      [-1, 0, 0, 1, 1, 2, 2, 1],
      [-1, 0, 0, 1, 1, 3, 2, 2],
      [-4, 0, 0, 1, 2, 1, 3, 1],
      [8, 0, 0, 1, 256, 1, 512, 1, 768, 1],
    ]);
  });

  it('come together again when a report could not be sent', async () => {
    const lists = await runLua(`
      local counting = require("tidegate.native").counting(1, 3)
      local function of(...)
        local histogram = counting.histogram({})
        for _, value in ipairs({ ... }) do
          counting.observe(histogram, {}, value)
        end
        return histogram.native
      end
      local narrow, wide, single = of(0, 1, 2), of(1, 2, 4, 8), of(1)
      counting.merge(narrow, of(0, 2, 4))
      counting.merge(wide, of(3, 100))
      counting.merge(single, of(1, 2, 4, 8))
      return { counting.list(narrow), counting.list(wide), counting.list(single) }`);
    expect((lists as readonly Listed[]).map(sorted)).to.deep.equal([
      [1, 2, 0, 1, 2, 2, 4, 1],
      [-2, 0, 0, 1, 1, 4, 2, 1],
      [-1, 0, 0, 2, 1, 2, 2, 1],
    ]);
  });

  it('are beside the classic ones', async () => {
    const counted = await runLua(`
      local counting = require("tidegate.native").counting(3, 0)
      local time, size = counting.histogram({ 0.1, 1 }), counting.histogram({ 10 })
      counting.observe_time(time, { 0.1, 1 }, 250)
      counting.observe_time(time, { 0.1, 1 }, false)
      counting.observe(size, { 10 }, 11)
      return { time.sum, time[1], time[2], time[3], size.sum, size[1], size[2] }`);
    expect(counted).to.deep.equal([0.25, 0, 1, 0, 11, 0, 1]);
  });
});
