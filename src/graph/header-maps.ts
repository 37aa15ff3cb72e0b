/** ConfigMaps with headers: of annotations, and of the controller's own keys (compat/annotations.md, cross-cutting rule 7). */
import { memoizeLast } from '../lib/memo.ts';
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import type { ConfigMap, ObjectKey, ObjectRef } from '../source/objects.ts';
import { parseFixedHeader, parseHeaderWithVariables } from '../text/headers.ts';
import type { Header } from '../text/headers.ts';
import type { Expression, Literal } from '../text/safe.ts';
import { parseEntries, sortedEntries } from './entries.ts';
import { checkReference } from './foreign.ts';
import type { GlobalHeaders, ParsedIngress, References } from './graph.ts';
import { refused, warning } from './problems.ts';
import type { Problem } from './problems.ts';
import type { Found, ReferenceContext } from './references.ts';

const CLOSED = 'all paths of the Ingress answer 503';

interface Named {
  readonly annotation: 'custom-headers' | 'auth-proxy-set-headers';
  readonly key: ObjectKey;
}

function tell(
  ingress: ParsedIngress,
  { annotation, key }: Named,
  {
    reason,
    prefix,
    make,
  }: { readonly reason: string; readonly prefix: string; readonly make: typeof warning },
): Problem {
  return make('headers-invalid', {
    object: ingress.ref,
    field: `metadata.annotations["${prefix}/${annotation}"]`,
    message: `ConfigMap ${key} ${reason}; ${CLOSED}`,
  });
}

function findMap(
  ingress: ParsedIngress,
  { annotation, key }: Named,
  { configMaps, foreign }: ReferenceContext,
): Result<ConfigMap> {
  const malformed = 'is not named with its namespace; write "namespace/name"';
  // Anybody's headers of answers may be used (compat/annotations.md, "custom-headers").
  const rule = annotation === 'custom-headers' ? 'allowed' : foreign;
  const named = checkReference({ key, namespace: ingress.namespace, malformed }, rule);
  if (!named.ok) return named;
  const configMap = configMaps.get(key);
  return configMap === undefined ? fail('does not exist') : ok(configMap);
}

const NO_HEADERS: Found<readonly never[]> = Object.freeze({ value: Object.freeze([]), problems: [] });

/** Headers of answers. */
export function customHeadersOf(
  ingress: ParsedIngress,
  context: ReferenceContext,
): Found<References['customHeaders']> {
  const key = ingress.annotations.headers.custom;
  if (key === null) return NO_HEADERS;
  const named: Named = { annotation: 'custom-headers', key };
  const found = findMap(ingress, named, context);
  const headers = found.ok ? parseEntries(found.value, 'headers', parseFixedHeader) : found;
  const checked = headers.ok ? allowedOnly(headers.value, context.allowedHeaders) : headers;
  if (checked.ok) return { value: checked.value, problems: [] };
  return broken(ingress, named, { reason: checked.reason, isMissing: !found.ok, context });
}

function allowedOnly(
  headers: readonly Header<Literal>[],
  allowed: readonly string[],
): Result<readonly Header<Literal>[]> {
  const other = headers.find(({ name }) => !allowed.includes(name));
  return other === undefined
    ? ok(headers)
    : fail(`holds "${other.name}", which global-allowed-response-headers of the ConfigMap does not name`);
}

/** Headers that authentication services get. */
export function authHeadersOf(
  ingress: ParsedIngress,
  context: ReferenceContext,
): Found<References['authHeaders']> {
  const { proxySetHeaders: key, url } = ingress.annotations.externalAuth;
  if (key === null || url === null) return NO_HEADERS;
  const named: Named = { annotation: 'auth-proxy-set-headers', key };
  const found = findMap(ingress, named, context);
  const headers = found.ok ? parseEntries(found.value, 'headers', parseHeaderWithVariables) : found;
  if (headers.ok) return { value: headers.value, problems: [] };
  return broken(ingress, named, { reason: headers.reason, isMissing: !found.ok, context });
}

interface Broken {
  readonly reason: string;
  readonly isMissing: boolean;
  readonly context: ReferenceContext;
}

/** What may come later only warns. */
function broken(ingress: ParsedIngress, named: Named, { reason, isMissing, context }: Broken) {
  const make = isMissing ? warning : refused;
  const problem = tell(ingress, named, { reason, prefix: context.annotationsPrefix, make });
  return { value: 'broken', problems: [problem] } as const;
}

/** Keys of the ConfigMaps that an Ingress names. */
export function headerMapKeysOf({ annotations }: ParsedIngress): readonly ObjectKey[] {
  const keys = [annotations.headers.custom, annotations.externalAuth.proxySetHeaders];
  return keys.filter((key) => key !== null);
}

interface GlobalFound extends GlobalHeaders {
  readonly problems: readonly Problem[];
}

type ConfigMaps = ReadonlyMap<ObjectKey, ConfigMap>;

interface GlobalKeys {
  /** `namespace/name`, or empty. */
  readonly addHeaders: string;
  readonly proxySetHeaders: string;
}

/** Of the keys add-headers and proxy-set-headers; a bad entry leaves the others in force. */
export function createGlobalHeaders(): (keys: GlobalKeys, configMaps: ConfigMaps) => GlobalFound {
  const added = memoizeLast(readGlobal);
  const passed = memoizeLast(readGlobal);
  const join = memoizeLast(
    (one: Found<readonly Header<Expression>[]>, other: Found<readonly Header<Expression>[]>): GlobalFound =>
      Object.freeze({
        added: one.value,
        passed: other.value,
        problems: [...one.problems, ...other.problems],
      }),
  );
  return ({ addHeaders, proxySetHeaders }, configMaps) =>
    join(
      added('add-headers', addHeaders, configMaps.get(addHeaders)),
      passed('proxy-set-headers', proxySetHeaders, configMaps.get(proxySetHeaders)),
    );
}

function readGlobal(
  setting: string,
  key: string,
  configMap: ConfigMap | undefined,
): Found<readonly Header<Expression>[]> {
  if (key === '') return NO_HEADERS;
  const [namespace = '', name = ''] = key.split('/');
  const object: ObjectRef = { kind: 'ConfigMap', namespace, name };
  const tellOf = (field: string, message: string) => warning('headers-invalid', { object, field, message });
  if (configMap === undefined) {
    const problem = tellOf('', `does not exist; ${setting} of the controller's ConfigMap has no effect`);
    return { value: [], problems: [problem] };
  }
  const headers: Header<Expression>[] = [];
  const problems: Problem[] = [];
  for (const [header, value] of sortedEntries(configMap.data ?? {})) {
    const parsed = parseHeaderWithVariables(header, value);
    if (parsed.ok) headers.push(parsed.value);
    else problems.push(tellOf(`data["${header.slice(0, 100)}"]`, `${parsed.reason}; it is left out`));
  }
  return { value: Object.freeze(headers), problems };
}
