/** The parameters that the ConfigMap of an Ingress has for its endpoints (compat/annotations.md, cross-cutting rule 7). */
import type { ObjectKey } from '../source/objects.ts';
import { parseFastcgiParam } from '../text/fastcgi.ts';
import { parseEntries } from './entries.ts';
import { IN_ANOTHER_NAMESPACE } from './foreign.ts';
import type { ParsedIngress, References } from './graph.ts';
import { refused, warning } from './problems.ts';
import type { Found, ReferenceContext } from './references.ts';

/** Null when none is named. */
export function configMapKeyOf({ annotations, namespace }: ParsedIngress): ObjectKey | null {
  const named = annotations.fastcgi.params;
  if (named === null) return null;
  return named.includes('/') ? named : `${namespace}/${named}`;
}

export function fastcgiParamsOf(
  ingress: ParsedIngress,
  { configMaps, foreign, annotationsPrefix }: ReferenceContext,
): Found<References['fastcgi']> {
  const key = configMapKeyOf(ingress);
  if (key === null) return { value: [], problems: [] };
  const field = `metadata.annotations["${annotationsPrefix}/fastcgi-params-configmap"]`;
  const tell = (make: typeof warning, reason: string) =>
    make('fastcgi-params-invalid', {
      object: ingress.ref,
      field,
      message: `ConfigMap ${key} ${reason}`,
    });
  const closed = 'all paths of the Ingress answer 503';
  const [namespace = '', name = '', ...others] = key.split('/');
  if (namespace === '' || name === '' || others.length > 0) {
    const reason = `is not the name of a ConfigMap; write "name"; ${closed}`;
    return { value: 'broken', problems: [tell(refused, reason)] };
  }
  if (namespace !== ingress.namespace && foreign === 'refused') {
    const reason = `${IN_ANOTHER_NAMESPACE}; it is ignored, and so is fastcgi-index`;
    return { value: 'ignored', problems: [tell(warning, reason)] };
  }
  const configMap = configMaps.get(key);
  if (configMap === undefined) {
    const reason = `does not exist; ${closed}`;
    return { value: 'broken', problems: [tell(warning, reason)] };
  }
  const params = parseEntries(configMap, 'entries', parseFastcgiParam);
  return params.ok
    ? { value: params.value, problems: [] }
    : { value: 'broken', problems: [tell(refused, `${params.reason}; ${closed}`)] };
}
