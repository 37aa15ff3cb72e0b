/** Which answers are replaced by error pages, and who makes these (compat/behaviour.md sections 8 and 27). */
import type { Settings } from '../config/settings/table.ts';
import type { BackendRef, HostPath } from '../graph/graph.ts';
import type { Literal } from '../text/safe.ts';

/** One code, and the name of the backend that says what the client gets instead. */
export interface ErrorPage {
  readonly code: number;
  readonly backend: Literal;
  /** Name of nginx's location for it. */
  readonly location: string;
}

/** What one level of nginx's configuration says about answers that are errors. */
export interface ErrorPages {
  /** Empty: those of the level above. */
  readonly pages: readonly ErrorPage[];
  /** Whether answers of backends are replaced, too; `inherit` says nothing about it. */
  readonly intercept: 'on' | 'inherit';
}

export interface LocationErrors extends ErrorPages {
  /** Serves while the backend of the location has no endpoints. */
  readonly standIn: Literal | null;
}

export interface ServerErrors extends ErrorPages {
  /** Those of all levels, each once. */
  readonly named: readonly ErrorPage[];
}

export const NO_ERRORS: LocationErrors = Object.freeze({ pages: [], intercept: 'inherit', standIn: null });

type NameOf = (ref: BackendRef | null) => Literal;

export function locationErrors(path: HostPath, backendName: NameOf): LocationErrors {
  const { codes = null, keepBackendErrors = null } = path.owner?.annotations.errors ?? {};
  const { standIn: ref } = path;
  const denied = (path.owner?.state ?? 'accepted') !== 'accepted';
  if (denied || (codes === null && ref === null)) return NO_ERRORS;
  const backend = backendName(ref);
  const pages = (codes ?? []).map((code) => errorPage(code, backend));
  const intercept = pages.length > 0 && keepBackendErrors !== true ? 'on' : 'inherit';
  return Object.freeze({ pages, intercept, standIn: ref === null ? null : backend });
}

/** @param standard the name of the global default backend. */
export function serverErrors(
  settings: Settings,
  standard: Literal,
  locations: readonly LocationErrors[],
): ServerErrors {
  const pages = settings.customHttpErrors.map((code) => errorPage(code, standard));
  const named = new Map<string, ErrorPage>();
  for (const page of [...pages, ...locations.flatMap((errors) => errors.pages)]) {
    if (!named.has(page.location)) named.set(page.location, page);
  }
  const intercept = pages.length > 0 && !settings.disableProxyInterceptErrors ? 'on' : 'inherit';
  return Object.freeze({ pages, intercept, named: Object.freeze([...named.values()]) });
}

function errorPage(code: number, backend: Literal): ErrorPage {
  return { code, backend, location: `@custom_${backend}_${code}` };
}
