/** The parameters that the ConfigMap of an Ingress has for its endpoints (compat/annotations.md, cross-cutting rule 7). */
import { compareText } from '../lib/keys.ts';
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import type { ConfigMap, ObjectKey } from '../source/objects.ts';
import { parseFastcgiParam } from '../text/fastcgi.ts';
import type { FastcgiParam } from '../text/fastcgi.ts';
import type { ParsedIngress, References } from './graph.ts';
import { refused, warning } from './problems.ts';
import type { Found, ReferenceContext } from './references.ts';

/** nginx reads all of them for every request. */
const MOST = 100;

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
    const reason =
      'is in another namespace, which allow-cross-namespace-resources of the ConfigMap does not allow; ' +
      'it is ignored, and so is fastcgi-index';
    return { value: 'ignored', problems: [tell(warning, reason)] };
  }
  const configMap = configMaps.get(key);
  if (configMap === undefined) {
    const reason = `does not exist; ${closed}`;
    return { value: 'broken', problems: [tell(warning, reason)] };
  }
  const params = parse(configMap);
  return params.ok
    ? { value: params.value, problems: [] }
    : { value: 'broken', problems: [tell(refused, `${params.reason}; ${closed}`)] };
}

function parse({ data = {} }: ConfigMap): Result<readonly FastcgiParam[]> {
  const entries = Object.entries(data).sort(([a], [b]) => compareText(a, b));
  if (entries.length > MOST) return fail(`holds ${entries.length} entries; ${MOST} at most`);
  const params: FastcgiParam[] = [];
  for (const [name, value] of entries) {
    const parsed = parseFastcgiParam(name, value);
    if (!parsed.ok) return parsed;
    params.push(parsed.value);
  }
  return ok(Object.freeze(params));
}
