/** Which service says who may come to a location (compat/behaviour.md 23.1). */
import type { Settings } from '../config/settings/table.ts';
import type { ExternalAuthAnnotations } from '../graph/annotations/external-auth.ts';
import type { Expression, Literal, Token } from '../text/safe.ts';
import type { ExternalAuth } from './model.ts';

const REQUEST_URI = '$request_uri' as string as Expression;
const PARAMETER = 'rd' as string as Literal;
const DURATIONS = [
  ['200', '202', '401', '5m'],
] as readonly (readonly string[])[] as readonly (readonly Token[])[];

/** Settings of annotations and of the ConfigMap are never mixed. */
export function externalAuth(own: ExternalAuthAnnotations, global: ExternalAuth | null): ExternalAuth | null {
  if (own.url === null) return own.global === false ? null : global;
  return {
    scope: 'own',
    ...own.url,
    method: own.method,
    signin: own.signin?.url ?? null,
    signinParameter: own.signinParameter ?? PARAMETER,
    responseHeaders: own.responseHeaders ?? [],
    requestRedirect: own.requestRedirect ?? REQUEST_URI,
    cacheKey: own.cacheKey,
    cacheDurations: own.cacheDuration ?? DURATIONS,
    alwaysSetCookie: own.alwaysSetCookie === true,
    snippet: own.snippet,
  };
}

export function globalAuth(settings: Settings): ExternalAuth | null {
  if (settings.globalAuthUrl === null) return null;
  return {
    scope: 'global',
    ...settings.globalAuthUrl,
    method: settings.globalAuthMethod,
    signin: settings.globalAuthSignin?.url ?? null,
    signinParameter: settings.globalAuthSigninRedirectParam ?? PARAMETER,
    responseHeaders: settings.globalAuthResponseHeaders,
    requestRedirect: settings.globalAuthRequestRedirect ?? REQUEST_URI,
    cacheKey: settings.globalAuthCacheKey,
    cacheDurations: settings.globalAuthCacheDuration,
    alwaysSetCookie: settings.globalAuthAlwaysSetCookie,
    snippet: settings.globalAuthSnippet === '' ? null : settings.globalAuthSnippet,
  };
}

/** Name of the internal location: `/_external-auth-<base64url of the path>-<pathType>`. */
export function authLocationName(path: string, type: string): Literal {
  return `/_external-auth-${Buffer.from(path).toString('base64url')}-${type}` as string as Literal;
}
