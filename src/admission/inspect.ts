/** The checks of one object by itself that the sync does not make (compat/behaviour.md 31.3 and 31.4). */
import type { Settings } from '../config/settings/table.ts';
import type { Ingress } from '../source/objects.ts';

const SUSPICIOUS: readonly RegExp[] = [
  /\b(?:alias|root)\s[^;]*;/,
  /\/etc\/(?:passwd|shadow|group|nginx|ingress-controller)/,
  /\/var\/run\/secrets|\/run\/secrets/,
  /_by_lua/,
];

/** Values that look like an attempt to smuggle nginx configuration, or null. */
export function inspectDeeply({ metadata, spec }: Ingress): string | null {
  const name = `${metadata.namespace}/${metadata.name}`;
  for (const rule of spec.rules ?? []) {
    if (isSuspicious(rule.host))
      return `invalid host in ingress ${name}: invalid value found: ${shown(rule.host)}`;
    const path = (rule.http?.paths ?? []).find((entry) => isSuspicious(entry.path))?.path;
    if (path !== undefined) {
      return `invalid rule in ingress ${name}: invalid http path: invalid value found: ${shown(path)}`;
    }
  }
  for (const tls of spec.tls ?? []) {
    if (isSuspicious(tls.secretName)) {
      return `invalid secret in ingress ${name}: invalid value found: ${shown(tls.secretName)}`;
    }
    const host = (tls.hosts ?? []).find(isSuspicious);
    if (host !== undefined)
      return `invalid host in ingress tls config ${name}: invalid value found: ${shown(host)}`;
  }
  return null;
}

function isSuspicious(value: string | undefined): boolean {
  return value !== undefined && SUSPICIOUS.some((pattern) => pattern.test(value));
}

function shown(value: string | undefined): string {
  return JSON.stringify((value ?? '').slice(0, 100));
}

/** What decides about a candidate by itself besides its own text. */
export interface AloneContext {
  readonly settings: Pick<
    Settings,
    'strictValidatePathType' | 'annotationValueWordBlocklist' | 'allowSnippetAnnotations'
  >;
  readonly annotationsPrefix: string;
  readonly disableCatchAll: boolean;
}

/** Steps 5 to 10 of 31.3, in their order; null when there is nothing against the candidate. */
export function firstFaultAlone(candidate: Ingress, context: AloneContext): string | null {
  return (
    inspectDefaultBackend(candidate, context) ??
    inspectUid(candidate) ??
    inspectPaths(candidate, context) ??
    inspectPrefix(candidate, context) ??
    inspectWords(candidate, context) ??
    inspectSnippets(candidate, context)
  );
}

function inspectDefaultBackend({ spec }: Ingress, { disableCatchAll }: AloneContext): string | null {
  if (!disableCatchAll || spec.defaultBackend === undefined) return null;
  return 'spec.defaultBackend: default backends are switched off with --disable-catch-all; remove it';
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The API server sets it; anything else did not come from there (CVE-2025-1098). */
function inspectUid({ metadata }: Ingress): string | null {
  return UUID.test(metadata.uid) ? null : `ingress has invalid UID: ${shown(metadata.uid)}`;
}

function inspectPaths(candidate: Ingress, { settings }: AloneContext): string | null {
  const unfit = settings.strictValidatePathType ? unfitPaths(candidate) : [];
  if (unfit.length === 0) return null;
  const lines = unfit.map(
    ({ field, path, pathType }) =>
      `${field}: path ${path.slice(0, 100)} cannot be used with pathType ${pathType}; ` +
      'use letters, digits and . _ - / only, or pathType ImplementationSpecific for a regular expression',
  );
  return `ingress contains invalid paths: ${lines.join('\n')}`;
}

const STANDARD_PREFIX = 'nginx.ingress.kubernetes.io';

function inspectPrefix({ metadata }: Ingress, { annotationsPrefix: prefix }: AloneContext): string | null {
  if (prefix === STANDARD_PREFIX) return null;
  const foreign = keysOf(metadata).find((key) => key.startsWith(`${STANDARD_PREFIX}/`));
  if (foreign === undefined) return null;
  return (
    'this deployment has a custom annotation prefix defined. ' +
    `Use '${prefix}' instead of '${STANDARD_PREFIX}' in annotation '${foreign}'`
  );
}

function inspectWords({ metadata }: Ingress, context: AloneContext): string | null {
  for (const key of keysOf(metadata)) {
    if (!key.startsWith(`${context.annotationsPrefix}/`)) continue;
    const value = metadata.annotations?.[key] ?? '';
    const word = context.settings.annotationValueWordBlocklist.find((entry) => value.includes(entry));
    if (word !== undefined) return `${key} annotation contains invalid word ${word}`;
  }
  return null;
}

/** Of any prefix, since it is surely meant for us. */
function inspectSnippets({ metadata }: Ingress, { settings }: AloneContext): string | null {
  if (settings.allowSnippetAnnotations) return null;
  const snippet = keysOf(metadata).find((key) => key.endsWith('-snippet'));
  if (snippet === undefined) return null;
  return `${snippet} annotation cannot be used. Snippet directives are disabled by the Ingress administrator`;
}

function keysOf(metadata: Ingress['metadata']): readonly string[] {
  return Object.keys(metadata.annotations ?? {}).sort();
}

const DEPRECATED = [
  'enable-influxdb',
  'influxdb-measurement',
  'influxdb-port',
  'influxdb-host',
  'influxdb-server-name',
  'secure-verify-ca-secret',
] as const;

const PLAIN_PATH = /^\/[A-Za-z0-9._\-/]*$/;

interface UnfitPath {
  readonly field: string;
  readonly path: string;
  readonly pathType: string | undefined;
}

function unfitPaths({ spec }: Ingress): readonly UnfitPath[] {
  return (spec.rules ?? []).flatMap((rule, at) =>
    (rule.http?.paths ?? []).flatMap(({ path = '', pathType }, index) => {
      if (path === '' || pathType === 'ImplementationSpecific' || PLAIN_PATH.test(path)) return [];
      return [{ field: `spec.rules[${at}].http.paths[${index}].path`, path, pathType }];
    }),
  );
}

/** Whether a warning of its own says enough about the field. */
export function isDeprecated(field: string, prefix: string): boolean {
  return DEPRECATED.some((name) => field === `metadata.annotations["${prefix}/${name}"]`);
}

/** What the owner should know though the object is accepted (compat/behaviour.md 31.2). */
export function warningsOf(candidate: Ingress, prefix: string): readonly string[] {
  const annotations = candidate.metadata.annotations ?? {};
  const deprecated = DEPRECATED.filter((name) => `${prefix}/${name}` in annotations).map(
    (name) => `annotation ${prefix}/${name} is deprecated`,
  );
  const unfit = unfitPaths(candidate).map(
    ({ path, pathType }) => `path ${path} cannot be used with pathType ${pathType}`,
  );
  return [...deprecated, ...unfit];
}
