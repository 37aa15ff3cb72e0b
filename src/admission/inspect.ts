/** The checks of one object by itself that the sync does not make (compat/behaviour.md 31.3 and 31.4). */
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

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The API server sets it; anything else did not come from there (CVE-2025-1098). */
export function inspectUid({ metadata }: Ingress): string | null {
  return UUID.test(metadata.uid) ? null : `ingress has invalid UID: ${shown(metadata.uid)}`;
}

const STANDARD_PREFIX = 'nginx.ingress.kubernetes.io';

/** Annotations that may not be used at all, whatever their value. */
export function inspectAnnotations({ metadata }: Ingress, prefix: string): string | null {
  const keys = Object.keys(metadata.annotations ?? {}).sort();
  const foreign = keys.find((key) => prefix !== STANDARD_PREFIX && key.startsWith(`${STANDARD_PREFIX}/`));
  if (foreign !== undefined) {
    return (
      'this deployment has a custom annotation prefix defined. ' +
      `Use '${prefix}' instead of '${STANDARD_PREFIX}' in annotation '${foreign}'`
    );
  }
  const snippet = keys.find((key) => key.endsWith('-snippet'));
  if (snippet === undefined) return null;
  return `${snippet} annotation cannot be used. Snippet directives are disabled by the Ingress administrator`;
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

/** What the owner should know though the object is accepted (compat/behaviour.md 31.2). */
export function warningsOf({ metadata, spec }: Ingress, prefix: string): readonly string[] {
  const annotations = metadata.annotations ?? {};
  const deprecated = DEPRECATED.filter((name) => `${prefix}/${name}` in annotations).map(
    (name) => `annotation ${prefix}/${name} is deprecated`,
  );
  const paths = (spec.rules ?? []).flatMap((rule) => rule.http?.paths ?? []);
  const unfit = paths.filter(
    ({ path, pathType }) =>
      path !== undefined && path !== '' && pathType !== 'ImplementationSpecific' && !PLAIN_PATH.test(path),
  );
  return [
    ...deprecated,
    ...unfit.map(({ path, pathType }) => `path ${path} cannot be used with pathType ${pathType}`),
  ];
}
