/** What an Ingress that nginx refuses leaves behind when no version of it ever served: its hosts and plain paths, answering 503. */
import type { Ingress, IngressPath, IngressRule } from '../source/objects.ts';

const PLAIN_PATH = /^\/[A-Za-z0-9._\-/]{0,1000}$/;
const PLAIN_BEGINNING = /^\/[A-Za-z0-9._\-/]{0,1000}/;
const PLAIN_NAME = /^[a-z0-9.-]{1,253}$/;
const KEPT = ['canary', 'auth-tls-secret', 'proxy-ssl-secret'] as const;
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

/**
 * Nothing of it but names, plain paths and Services, so that nginx can have no objection. What other Ingresses of its hosts rely on
 * stays: whether paths are regular expressions, that clients or endpoints must show certificates, and that paths
 * of a canary are nobody's.
 * @param prefix of annotations, without the slash.
 */
export function confine(ingress: Ingress, prefix: string): Ingress {
  return Object.freeze({
    ...ingress,
    confined: true,
    metadata: Object.freeze({ ...ingress.metadata, annotations: keptAnnotations(ingress, prefix) }),
    spec: Object.freeze({ ...ingress.spec, rules: (ingress.spec.rules ?? []).map(plainRule) }),
  });
}

function keptAnnotations({ metadata }: Ingress, prefix: string): Readonly<Record<string, string>> {
  const given = metadata.annotations ?? {};
  const kept: Record<string, string> = {};
  for (const name of [CLASS_ANNOTATION, ...KEPT.map((kept) => `${prefix}/${kept}`)]) {
    const value = given[name];
    if (value !== undefined) kept[name] = value;
  }
  if (given[`${prefix}/use-regex`] === 'true' || given[`${prefix}/rewrite-target`] !== undefined)
    kept[`${prefix}/use-regex`] = 'true';
  const names = (given[`${prefix}/server-alias`] ?? '').split(',').map((name) => name.trim());
  const plain = names.filter((name) => PLAIN_NAME.test(name));
  if (plain.length > 0) kept[`${prefix}/server-alias`] = plain.join(',');
  return kept;
}

function plainRule(rule: IngressRule): IngressRule {
  const paths = rule.http?.paths?.map(plainPath);
  return paths === undefined ? rule : { ...rule, http: { paths } };
}

/** An expression is closed from its beginning on, so that nobody else's path gets what it protected. */
function plainPath(entry: IngressPath): IngressPath {
  const { path = '/' } = entry;
  if (path === '' || PLAIN_PATH.test(path)) return entry;
  return { ...entry, path: PLAIN_BEGINNING.exec(path)?.[0] ?? '/', pathType: 'ImplementationSpecific' };
}
