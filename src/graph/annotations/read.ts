import type { Ingress, ObjectRef } from '../../source/objects.ts';
import { refused, warning } from '../problems.ts';
import type { Problem } from '../problems.ts';
import type { Annotation, AnnotationTable, AnnotationValues } from './annotation.ts';
import { affinityAnnotations } from './affinity.ts';
import type { AffinityAnnotations } from './affinity.ts';
import { backendAnnotations } from './backend.ts';
import type { BackendAnnotations } from './backend.ts';
import { canaryAnnotations } from './canary.ts';
import type { CanaryAnnotations } from './canary.ts';
import { errorAnnotations } from './errors.ts';
import type { ErrorAnnotations } from './errors.ts';
import { annotationsWithoutEffectYet, protectionsWithoutEffectYet } from './later.ts';
import { proxyAnnotations } from './proxy.ts';
import type { ProxyAnnotations } from './proxy.ts';
import { redirectAnnotations } from './redirect.ts';
import type { RedirectAnnotations } from './redirect.ts';
import { rewriteAnnotations } from './rewrite.ts';
import type { RewriteAnnotations } from './rewrite.ts';
import { serverAnnotations } from './server.ts';
import type { ServerAnnotations } from './server.ts';

export interface Annotations {
  readonly rewrite: RewriteAnnotations;
  readonly proxy: ProxyAnnotations;
  readonly backend: BackendAnnotations;
  readonly affinity: AffinityAnnotations;
  readonly canary: CanaryAnnotations;
  readonly redirect: RedirectAnnotations;
  readonly server: ServerAnnotations;
  readonly errors: ErrorAnnotations;
}

export interface ReadAnnotations {
  readonly values: Annotations;
  /** The worst outcome of all annotations (compat/behaviour.md section 9). */
  readonly outcome: 'accepted' | 'denied' | 'rejected';
  readonly problems: readonly Problem[];
}

/** All families; the one place to add another. */
export const annotationFamilies = {
  rewrite: rewriteAnnotations,
  proxy: proxyAnnotations,
  backend: backendAnnotations,
  affinity: affinityAnnotations,
  canary: canaryAnnotations,
  redirect: redirectAnnotations,
  server: serverAnnotations,
  errors: errorAnnotations,
} as const;

interface Reading {
  readonly given: Readonly<Record<string, string>>;
  readonly prefix: string;
  readonly object: ObjectRef;
  readonly problems: Problem[];
  outcome: ReadAnnotations['outcome'];
}

const knownNames: ReadonlySet<string> = new Set(
  Object.values(annotationFamilies).flatMap((family) => Object.values(family).map((entry) => entry.name)),
);

/** @param prefix the value of --annotations-prefix, without the slash. */
export function readAnnotations(ingress: Ingress, object: ObjectRef, prefix: string): ReadAnnotations {
  const reading: Reading = {
    given: ingress.metadata.annotations ?? {},
    prefix: `${prefix}/`,
    object,
    problems: [],
    outcome: 'accepted',
  };
  const values: Annotations = {
    rewrite: readFamily(reading, rewriteAnnotations),
    proxy: readFamily(reading, proxyAnnotations),
    backend: readFamily(reading, backendAnnotations),
    affinity: readFamily(reading, affinityAnnotations),
    canary: readFamily(reading, canaryAnnotations),
    redirect: readFamily(reading, redirectAnnotations),
    server: readFamily(reading, serverAnnotations),
    errors: readFamily(reading, errorAnnotations),
  };
  checkOthers(reading);
  return { values, outcome: reading.outcome, problems: reading.problems };
}

function readFamily<T extends AnnotationTable>(reading: Reading, table: T): AnnotationValues<T> {
  const entries = Object.values(table);
  if (entries.every(({ name }) => reading.given[reading.prefix + name] === undefined))
    return nothingOf(table);
  const values: Record<string, unknown> = {};
  for (const [field, entry] of Object.entries(table)) values[field] = readOne(reading, entry);
  return values as AnnotationValues<T>;
}

const nothing: ReadonlyMap<AnnotationTable, object> = new Map(
  Object.values(annotationFamilies).map((table: AnnotationTable) => [
    table,
    Object.freeze(Object.fromEntries(Object.keys(table).map((field) => [field, null]))),
  ]),
);

/** One object for all Ingresses that have no annotation of a family: most have none of most. */
function nothingOf<T extends AnnotationTable>(table: T): AnnotationValues<T> {
  return nothing.get(table) as AnnotationValues<T>;
}

function readOne(reading: Reading, entry: Annotation<unknown>): unknown {
  const text = reading.given[reading.prefix + entry.name];
  // Empty values are never validated and mean "absent" (compat/behaviour.md section 9).
  if (text === undefined || text.trim() === '') return null;
  const parsed = entry.type.parse(trimLines(text));
  if (parsed.ok) return parsed.value;
  const make = entry.invalid === 'default' && entry.admission !== 'refuse' ? warning : refused;
  reading.problems.push(
    make('annotation-invalid', {
      object: reading.object,
      field: annotationField(reading.prefix + entry.name),
      message: `"${text.slice(0, 100)}" ${parsed.reason}`,
    }),
  );
  worsen(reading, entry.invalid);
  return null;
}

function worsen(reading: Reading, invalid: Annotation<unknown>['invalid']): void {
  if (invalid === 'rejected') reading.outcome = 'rejected';
  if (invalid === 'denied' && reading.outcome === 'accepted') reading.outcome = 'denied';
}

function checkOthers(reading: Reading): void {
  for (const key of Object.keys(reading.given).sort()) {
    if (!key.startsWith(reading.prefix)) continue;
    const name = key.slice(reading.prefix.length);
    // Empty values mean "absent" for all of them (compat/behaviour.md section 9).
    if (knownNames.has(name) || reading.given[key]?.trim() === '') continue;
    const at = { object: reading.object, field: annotationField(key) };
    if (protectionsWithoutEffectYet.has(name)) {
      const message =
        'restricting access this way is not supported yet; all paths of this Ingress answer 503';
      reading.problems.push(refused('protection-unsupported', { ...at, message }));
      worsen(reading, 'denied');
    } else if (annotationsWithoutEffectYet.has(name)) {
      reading.problems.push(warning('annotation-unsupported', { ...at, message: 'has no effect yet' }));
    } else {
      reading.problems.push(
        warning('annotation-unknown', {
          ...at,
          message: 'is not an annotation of this controller; it is ignored',
        }),
      );
    }
  }
}

function annotationField(key: string): string {
  return `metadata.annotations["${key}"]`;
}

function trimLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .join('\n')
    .trim();
}
