import {
  isMap,
  isNode,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type ScalarTag,
  type YAMLError,
} from 'yaml';
import { type At, child, isDictionary } from './check.ts';
import { convert } from './convert.ts';
import type { Fault, Origin, Place, Placed } from './placed.ts';
import { lineOfField, type Positions } from './position.ts';

/** What one file says. */
export interface Parsed<P extends Place = Place> {
  readonly objects: readonly Placed<P>[];
  readonly faults: readonly Fault[];
  /** The text is not YAML: nothing is known about what the file wants to say. */
  readonly broken: boolean;
  /** Names of the objects that cannot be used. */
  readonly bad: ReadonlySet<string>;
  /** Whether there is something unusable that cannot even be named. */
  readonly nameless: boolean;
  /** Objects of kinds that are not read, such as `apps/v1 Deployment`. */
  readonly skipped: readonly string[];
}

/** Kubernetes reads these words as booleans (YAML 1.1), so a label `on` without quotes is an error there and must be one here. */
const oldBooleans: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/,
  resolve: (source) => /^(?:y|on$)/i.test(source),
};

/** More aliases than this, multiplied out, is an attempt to fill the memory. */
const maxAliasCount = 100;

/**
 * Reads YAML (any number of documents) or JSON. `kind: List` and typed lists such as `IngressList` count as their items.
 * Never throws: what cannot be used is a fault.
 */
export function parseManifests(text: string, file: string): Parsed<Origin> {
  const counter = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: counter,
    logLevel: 'error',
    merge: true,
    prettyErrors: false,
    customTags: (tags) => [oldBooleans, ...tags],
  });
  const reader = createReader(file);
  for (const document of documents) readDocument(reader, { document, counter });
  return reader.result();
}

interface Reader {
  readonly file: string;
  /** The text is not YAML from here on. */
  broken(line: number, reason: string): void;
  object(placed: Placed<Origin>): void;
  skip(what: string): void;
  fault(line: number, reason: string): void;
  bad(source: string | undefined): void;
  result(): Parsed<Origin>;
}

function createReader(file: string): Reader {
  const objects: Placed<Origin>[] = [];
  const faults: Fault[] = [];
  const skipped: string[] = [];
  const bad = new Set<string>();
  let broken = false;
  let nameless = false;
  return {
    file,
    broken: (line, reason) => {
      broken = true;
      faults.push({ file, line, code: 'text', reason });
    },
    object: (placed) => void objects.push(placed),
    skip: (what) => void skipped.push(what),
    fault: (line, reason) => void faults.push({ file, line, code: 'object', reason }),
    bad: (source) => {
      if (source === undefined) nameless = true;
      else bad.add(source);
    },
    result: () => ({ objects: broken ? [] : objects, faults, broken, bad, nameless, skipped }),
  };
}

function readDocument(reader: Reader, positions: Positions): void {
  const { document, counter } = positions;
  const lineOf = (error: YAMLError): number => counter.linePos(error.pos[0]).line;
  const fatal = document.errors.find((error) => error.code !== 'DUPLICATE_KEY');
  if (fatal !== undefined) {
    // What follows a colon quotes the file, which may hold secrets.
    reader.broken(lineOf(fatal), `this is not valid YAML: ${fatal.message.replace(/(?<=\w): .*$/s, '')}`);
    return;
  }
  const value = toValue(reader, positions);
  if (value === undefined) return;
  const [duplicate] = document.errors;
  if (duplicate === undefined) {
    readValue(reader, positions, { value: value.value, node: document.contents });
    return;
  }
  const conversion = convert(value.value);
  const source = conversion.result === 'skipped' ? undefined : conversion.source;
  reader.fault(
    lineOf(duplicate),
    `${prefix(source)}this key stands twice in the same object; delete one of the two`,
  );
  reader.bad(source);
}

/** Undefined when the document is empty or cannot be turned into a value (then a fault says so). */
function toValue(reader: Reader, { document, counter }: Positions): { readonly value: unknown } | undefined {
  try {
    const value: unknown = document.toJS({ maxAliasCount });
    return value === null || value === undefined ? undefined : { value };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const line = counter.linePos(document.contents?.range?.[0] ?? 0).line;
    reader.fault(line, `the aliases (*name) cannot be followed: ${reason}; write the text out instead`);
    reader.bad(undefined);
    return undefined;
  }
}

interface Item {
  readonly value: unknown;
  readonly node: Node | null;
}

function readValue(reader: Reader, positions: Positions, item: Item): void {
  const items = itemsOf(item);
  if (items === undefined) readObject(reader, positions, item);
  else for (const each of items) readObject(reader, positions, each);
}

/** The members of a list of objects; undefined when this is not such a list. */
function itemsOf({ value, node }: Item): readonly Item[] | undefined {
  if (!isDictionary(value)) return undefined;
  const { kind, apiVersion, items } = value;
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return undefined;
  const found = isMap(node) ? node.get('items', true) : undefined;
  const nodes = isSeq(found) ? found.items : [];
  return items.map((member: unknown, index) => {
    const own = nodes[index];
    return { value: named(member, { kind: kind.slice(0, -4), apiVersion }), node: isNode(own) ? own : node };
  });
}

/** The API server leaves kind and version out of the members of a typed list. */
function named(member: unknown, list: { readonly kind: string; readonly apiVersion: unknown }): unknown {
  return isDictionary(member) && list.kind !== ''
    ? { kind: list.kind, apiVersion: list.apiVersion, ...member }
    : member;
}

function readObject(reader: Reader, positions: Positions, { value, node }: Item): void {
  const { file } = reader;
  const conversion = convert(value);
  if (conversion.result === 'skipped') {
    reader.skip(conversion.what);
    return;
  }
  const lineOf = (field: string): number => lineOfField(positions, node, field);
  if (conversion.result === 'bad') {
    for (const { field, reason } of conversion.faults) {
      reader.fault(
        lineOf(field),
        `${prefix(conversion.source ?? unnamed(value))}${field === '' ? 'this' : field} ${reason}`,
      );
    }
    reader.bad(conversion.source);
    return;
  }
  const origin: Origin = { file, line: lineOf(''), lineOf };
  for (const object of conversion.objects) reader.object({ object, origin, source: conversion.source });
}

function unnamed(value: unknown): string | undefined {
  const at: At = { value, field: '', report: () => undefined };
  const kind = child(at, 'kind').value;
  return typeof kind === 'string' ? kind : undefined;
}

function prefix(source: string | undefined): string {
  return source === undefined ? '' : `${source}: `;
}
