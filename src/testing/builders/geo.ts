/** Tiny databases in the format of MaxMind (MaxMind DB file format specification 2.0), of IPv4 addresses. */

export type GeoValue =
  | string
  | number
  | boolean
  | readonly GeoValue[]
  | { readonly [name: string]: GeoValue };

/** Bytes of a record of the tree. */
const RECORD = 4;
const MARK = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');

/** @param entries by the first number of the address. */
export function geoDatabase(type: string, entries: Readonly<Record<number, GeoValue>>): Buffer {
  const { nodes, leaves } = treeOf(entries);
  const data = Buffer.concat(leaves.map(encode));
  const offsets = leaves.map((_, index) => Buffer.concat(leaves.slice(0, index).map(encode)).length);
  const tree = Buffer.alloc(nodes.length * 2 * RECORD);
  for (const [index, node] of nodes.entries())
    for (const [side, target] of node.entries()) {
      const value =
        target.kind === 'none'
          ? nodes.length
          : target.kind === 'node'
            ? target.index
            : nodes.length + 16 + (offsets[target.index] ?? 0);
      tree.writeUInt32BE(value, (index * 2 + side) * RECORD);
    }
  const facts = [
    ['binary_format_major_version', short(2)],
    ['binary_format_minor_version', short(0)],
    ['build_epoch', Buffer.from([1, TYPES.long - 7, 1])],
    ['database_type', encode(type)],
    ['description', encode({ en: 'test' })],
    ['ip_version', short(4)],
    ['languages', encode(['en'])],
    ['node_count', encode(nodes.length)],
    ['record_size', short(RECORD * 8)],
  ] as const;
  const end = [head('map', facts.length), ...facts.flatMap(([name, value]) => [encode(name), value])];
  return Buffer.concat([tree, Buffer.alloc(16), data, MARK, ...end]);
}

type Target = { readonly kind: 'none' } | { readonly kind: 'node' | 'leaf'; readonly index: number };

function treeOf(entries: Readonly<Record<number, GeoValue>>) {
  const nodes: [Target, Target][] = [[{ kind: 'none' }, { kind: 'none' }]];
  const leaves: GeoValue[] = [];
  for (const [first, value] of Object.entries(entries)) {
    let at = 0;
    for (let bit = 7; bit >= 0; bit--) {
      const side = (Number(first) >> bit) & 1;
      const node = nodes[at];
      if (node === undefined) break;
      if (bit === 0) node[side] = { kind: 'leaf', index: leaves.push(value) - 1 };
      else {
        const next = node[side];
        if (next?.kind === 'node') at = next.index;
        else {
          at = nodes.push([{ kind: 'none' }, { kind: 'none' }]) - 1;
          node[side] = { kind: 'node', index: at };
        }
      }
    }
  }
  return { nodes, leaves };
}

const TYPES = { text: 2, short: 5, number: 6, map: 7, long: 9, list: 11, boolean: 14 } as const;

function short(value: number): Buffer {
  return Buffer.concat([head('short', 2), Buffer.from([value >> 8, value & 255])]);
}

/** Every size here is below 285. */
function head(type: keyof typeof TYPES, size: number): Buffer {
  const number = TYPES[type];
  const isExtended = number > 7;
  const shown = size < 29 ? size : 29;
  return Buffer.from([
    (isExtended ? 0 : number << 5) | shown,
    ...(isExtended ? [number - 7] : []),
    ...(size < 29 ? [] : [size - 29]),
  ]);
}

function encode(value: GeoValue): Buffer {
  if (typeof value === 'boolean') return head('boolean', value ? 1 : 0);
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([head('text', text.length), text]);
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([head('number', 4), bytes]);
  }
  if (isList(value)) return Buffer.concat([head('list', value.length), ...value.map(encode)]);
  const pairs = Object.entries(value);
  return Buffer.concat([
    head('map', pairs.length),
    ...pairs.flatMap(([name, one]) => [encode(name), encode(one)]),
  ]);
}

function isList(value: GeoValue): value is readonly GeoValue[] {
  return Array.isArray(value);
}
