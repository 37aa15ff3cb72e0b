/** What an annotation needs beside it to mean anything. */
import type { Annotation, AnnotationTable } from '../graph/annotations/annotation.ts';
import { annotationFamilies } from '../graph/annotations/read.ts';

const good: Readonly<Record<string, string>> = {
  'auth-url': 'http://auth.test/',
  'enable-opentelemetry': 'true',
  'mirror-target': 'http://mirror.test/',
  'auth-tls-secret': 'default/ca',
  'proxy-ssl-secret': 'default/ca',
  'auth-type': 'basic',
};

const leaders: ReadonlyMap<string, string> = new Map(
  Object.values<AnnotationTable>(annotationFamilies).flatMap((family) =>
    Object.values<Annotation<unknown>>(family).flatMap(({ name, needs }) =>
      needs === undefined ? [] : [[name, family[needs]?.name ?? '']],
    ),
  ),
);

/** The annotation without which this one is not looked at, with a good value; nothing for most. */
export function leaderOf(name: string): Readonly<Record<string, string>> {
  const leader = leaders.get(name);
  if (leader === undefined) return {};
  const value = good[leader];
  if (value === undefined) throw new Error(`no good value of ${leader} is known here`);
  return { [leader]: value };
}
