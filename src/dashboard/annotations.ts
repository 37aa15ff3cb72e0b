/** Annotations of an Ingress that are in force, without values that may be secret. */
import type { ParsedIngress } from '../graph/graph.ts';
import type { Problem } from '../graph/problems.ts';

/** Of one family, by the field of the value. */
export type AnnotationFamily = Readonly<
  Record<string, { readonly name: string; readonly aliases?: readonly string[] }>
>;
export type AnnotationFamilies = Readonly<Record<string, AnnotationFamily>>;

export interface InForce {
  /** Without the prefix. */
  readonly name: string;
  /** Null: it is not shown. */
  readonly value: string | null;
}

/** Families whose values are shown; a new one is not, until it is named here. */
const SHOWN: ReadonlySet<string> = new Set([
  'rewrite',
  'proxy',
  'backend',
  'affinity',
  'canary',
  'redirect',
  'server',
  'upstream',
  'access',
  'cors',
  'errors',
  'headers',
  'fastcgi',
  'log',
  'http2',
  'telemetry',
]);
/** What lets into a canary is nobody else's business; an address to redirect to may hold a password. */
const HIDDEN_NAMES = /^canary-by-header-(?:value|pattern)$|^(?:temporal|permanent)-redirect$/;
const LONGEST = 200;

export interface AnnotationTeller {
  inForce(ingress: ParsedIngress): readonly InForce[];
  /** What is wrong, without a value that may be secret. */
  message(problem: Problem): string;
}

export function createAnnotationTeller(families: AnnotationFamilies): AnnotationTeller {
  const hidden = new Set(
    Object.entries(families).flatMap(([family, table]) =>
      Object.values(table).flatMap(({ name, aliases = [] }) =>
        [name, ...aliases].filter((each) => !isShown(family, each)),
      ),
    ),
  );
  return {
    inForce: ({ annotations }) =>
      Object.entries(annotations).flatMap(([family, values]) =>
        inFamily(families[family] ?? {}, family, values as Readonly<Record<string, unknown>>),
      ),
    message({ code, field, message }) {
      const name = /^metadata\.annotations\["[^"]*\/([^"/]*)"\]$/.exec(field)?.[1];
      return name !== undefined && hidden.has(name) && code === 'annotation-invalid'
        ? 'its value cannot be used; the log and the Events of the Ingress say why'
        : message;
    },
  };
}

function isShown(family: string, name: string): boolean {
  return SHOWN.has(family) && !HIDDEN_NAMES.test(name);
}

function inFamily(
  table: AnnotationFamily,
  family: string,
  values: Readonly<Record<string, unknown>>,
): readonly InForce[] {
  return Object.entries(values).flatMap(([field, value]) => {
    const name = table[field]?.name;
    if (value === null || name === undefined) return [];
    return [{ name, value: isShown(family, name) ? printed(value) : null }];
  });
}

function printed(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
