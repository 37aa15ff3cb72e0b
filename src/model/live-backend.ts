/** The document about one backend that nginx/lua/tidegate/live.lua decodes. */
import { createHash } from 'node:crypto';
import type { Affinity, Backend, Balancing, Canary, CanaryRoute, Graph } from '../graph/graph.ts';
import { serverNameOf } from '../text/server-name.ts';
import { DEFAULT_BACKEND_STATUS } from './constants.ts';

export type NameOf = Graph['backendName'];

export function describeBackend(backend: Backend, nameOf: NameOf): string {
  const { target, ref } = backend;
  return JSON.stringify({
    ...(ref === null ? {} : { service: `${ref.namespace}/${ref.service}`, port: ref.port }),
    ...(target.kind === 'external'
      ? { external: target.host, externalPort: target.port }
      : { endpoints: target.endpoints }),
    ...(target.kind === 'endpoints' && backend.affinity !== null && target.draining.length > 0
      ? { draining: target.draining }
      : {}),
    ...(ref === null && target.kind === 'endpoints' && target.endpoints.length === 0
      ? { status: DEFAULT_BACKEND_STATUS }
      : {}),
    ...balancingOf(backend.balancing),
    ...affinityOf(backend.affinity, backend.name),
    ...(backend.routes.length === 0 ? {} : { routes: routesOf(backend, nameOf) }),
  });
}

function balancingOf({ algorithm, hashBy, subset }: Balancing): object {
  if (hashBy !== null) return { hashBy, ...(subset === null ? {} : { subset }) };
  return algorithm === null ? {} : { algorithm };
}

function affinityOf(affinity: Affinity | null, backendName: string): object {
  if (affinity === null) return {};
  const { mode, cookie, locations } = affinity;
  const byServer = Object.fromEntries(
    Object.entries(locations).map(([host, paths]) => [serverNameOf(host), paths]),
  );
  return {
    affinity: {
      mode,
      key: backendKey(backendName),
      name: cookie.name ?? 'INGRESSCOOKIE',
      secure: cookie.secure === true,
      changeOnFailure: cookie.changeOnFailure === true,
      locations: byServer,
      ...(cookie.expires === null ? {} : { expires: cookie.expires }),
      ...(cookie.maxAge === null ? {} : { maxAge: cookie.maxAge }),
      ...(cookie.domain === null ? {} : { domain: cookie.domain }),
      ...(cookie.path === null ? {} : { path: cookie.path }),
      ...(cookie.sameSite === null ? {} : { sameSite: cookie.sameSite }),
      ...(cookie.conditionalSameSiteNone === true ? { conditional: true } : {}),
    },
  };
}

/** The second part of the cookie, by which canary and primary know their own (compat/behaviour.md 13.2). */
export function backendKey(name: string): string {
  return md5(md5(name) + name);
}

// MD5 is what existing cookies hold; nothing secret depends on it.
function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

function routesOf(backend: Backend, nameOf: NameOf): readonly object[] {
  return backend.routes.map(({ host, path, kind, canaries }: CanaryRoute) => ({
    server: serverNameOf(host),
    path,
    kind,
    canaries: canaries.map((canary) => canaryOf(canary, backend.affinity, nameOf)),
  }));
}

function canaryOf({ backend, rules, balancing, affinity }: Canary, primary: Affinity | null, nameOf: NameOf) {
  const name = nameOf(backend);
  return {
    backend: name,
    share: rules.weight / rules.weightTotal,
    ...(rules.header === null ? {} : { header: rules.header }),
    ...(rules.headerValue === null ? {} : { headerValue: rules.headerValue }),
    ...(rules.headerPattern === null ? {} : { headerPattern: rules.headerPattern }),
    ...(rules.cookie === null ? {} : { cookie: rules.cookie }),
    ...balancingOf(balancing),
    ...affinityOf(affinity === 'sticky' ? primary : null, name),
  };
}
