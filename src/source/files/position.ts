import { isAlias, isMap, isNode, isScalar, isSeq, type Document, type LineCounter, type Node } from 'yaml';

/** Text with the means to find lines in it. */
export interface Positions {
  readonly document: Document.Parsed;
  readonly counter: LineCounter;
}

type Segment = string | number;

/** `a.b[0]["c.d"]` as `a`, `b`, 0, `c.d`. Keys in brackets may also stand without quotes. */
export function splitField(field: string): readonly Segment[] {
  const segments: Segment[] = [];
  for (const match of field.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|\[([^\]]*)\]|([^.[\]]+)/g)) {
    const [, index, quoted, bare, plain] = match;
    if (index !== undefined) segments.push(Number(index));
    else segments.push(quoted?.replace(/\\(.)/g, '$1') ?? bare ?? plain ?? '');
  }
  return segments;
}

/**
 * The line of a field below `from`, or of the nearest thing around it. Fields are named as in networking.k8s.io/v1; where an
 * older version spelled them differently, its spelling is found too.
 */
export function lineOfField(positions: Positions, from: Node | null, field: string): number {
  const segments = splitField(field);
  const wanted = follow(positions, from, segments);
  const older = follow(positions, from, olderSpelling(segments));
  const best = older.depth > wanted.depth ? older : wanted;
  return positions.counter.linePos(best.offset).line;
}

/** `service.name` was `serviceName`, `service.port.number` was `servicePort`, `spec.defaultBackend` was `spec.backend`. */
function olderSpelling(segments: readonly Segment[]): readonly Segment[] {
  const renamed = segments.map((segment) => (segment === 'defaultBackend' ? 'backend' : segment));
  const at = renamed.indexOf('service');
  if (at === -1) return renamed;
  const [next] = renamed.slice(at + 1);
  return [...renamed.slice(0, at), next === 'port' ? 'servicePort' : 'serviceName'];
}

interface Found {
  readonly depth: number;
  readonly offset: number;
}

function follow({ document }: Positions, from: Node | null, segments: readonly Segment[]): Found {
  let node = from;
  let found: Found = { depth: 0, offset: from?.range?.[0] ?? 0 };
  for (const [index, segment] of segments.entries()) {
    const next = step(isAlias(node) ? (node.resolve(document) ?? null) : node, segment);
    if (next === undefined) break;
    found = { depth: index + 1, offset: next.offset };
    node = next.value;
  }
  return found;
}

interface Step {
  readonly offset: number;
  readonly value: Node | null;
}

function step(node: Node | null, segment: Segment): Step | undefined {
  if (isSeq(node)) {
    const item = typeof segment === 'number' ? node.items[segment] : undefined;
    return isNode(item) ? { offset: item.range?.[0] ?? 0, value: item } : undefined;
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(segment));
  if (pair === undefined || !isNode(pair.key)) return undefined;
  return { offset: pair.key.range?.[0] ?? 0, value: isNode(pair.value) ? pair.value : null };
}
