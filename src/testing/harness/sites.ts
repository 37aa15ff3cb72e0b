/** Hosts with backends, short: what most suites about requests need. */
import { endpoints, ingress, service } from './objects.ts';
import type { IngressSpec, Place } from './objects.ts';

const PREFIX = 'nginx.ingress.kubernetes.io';

/** Annotations without their prefix. */
export function annotations(
  short: Readonly<Record<string, string | number | boolean>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(short).map(([name, value]) => [`${PREFIX}/${name}`, String(value)]),
  );
}

export interface SiteSpec extends Omit<IngressSpec, 'rules' | 'annotations'> {
  /** Default: the name and `.test`. */
  readonly host?: string;
  /** Default `/`. */
  readonly path?: string;
  readonly type?: 'Exact' | 'Prefix' | 'ImplementationSpecific';
  readonly with?: Parameters<typeof annotations>[0];
  readonly places: readonly Place[];
}

/** A Service with its endpoints, and an Ingress of the same name for it. */
export function site(name: string, spec: SiteSpec): readonly object[] {
  const { host = `${name}.test`, path = '/', type = 'Prefix', with: short = {}, places, ...rest } = spec;
  return [
    service(name),
    ...endpoints(name, places),
    ingress(name, {
      ...rest,
      annotations: annotations(short),
      rules: { [host]: [{ path, type, to: name }] },
    }),
  ];
}
