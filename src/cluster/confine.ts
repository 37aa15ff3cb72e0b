/** What an Ingress that nginx refuses leaves behind when no version of it ever served: its hosts and plain paths, answering 503. */
import type { Ingress, IngressRule } from '../source/objects.ts';

const PLAIN_PATH = /^\/[A-Za-z0-9._\-/]{0,1000}$/;
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

/**
 * Nothing of it but names, plain paths and Services, so that nginx can have no objection. What other Ingresses of its hosts rely on
 * stays: whether paths are regular expressions, that clients must show certificates, and that paths of a canary are nobody's.
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
  for (const name of [CLASS_ANNOTATION, `${prefix}/canary`, `${prefix}/auth-tls-secret`]) {
    const value = given[name];
    if (value !== undefined) kept[name] = value;
  }
  if (given[`${prefix}/use-regex`] === 'true' || given[`${prefix}/rewrite-target`] !== undefined)
    kept[`${prefix}/use-regex`] = 'true';
  return kept;
}

function plainRule(rule: IngressRule): IngressRule {
  const paths = rule.http?.paths?.filter(({ path = '/' }) => path === '' || PLAIN_PATH.test(path));
  return paths === undefined ? rule : { ...rule, http: { paths } };
}
