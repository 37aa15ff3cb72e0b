/** The service that is asked for all Ingresses without one of their own (compat/behaviour.md 23.1). */
import { ok } from '../../lib/result.ts';
import {
  authUrl,
  cacheDurations,
  cacheKey,
  lenientHeaderNames,
  methods,
  redirectParameter,
  requestRedirect,
} from '../../text/auth.ts';
import { bool, choice, list, literal } from '../../text/values.ts';
import type { ValueType } from '../../text/values.ts';
import { setting } from './setting.ts';

/** Empty text is null: nothing is asked for. */
function optional<T>(type: ValueType<T>): ValueType<T | null> {
  return { name: type.name, parse: (text) => (text === '' ? ok(null) : type.parse(text)) };
}

const paths = list(literal, { separator: /,/, example: '/a,/b', empty: 'allowed' });

export const authSettings = {
  globalAuthUrl: setting('global-auth-url', optional(authUrl), {
    default: '',
    doc: 'Every request is first shown to this URL, as with the annotation auth-url.',
  }),
  globalAuthMethod: setting('global-auth-method', optional(choice(methods)), {
    default: '',
    doc: 'Method of that request; GET when empty.',
  }),
  globalAuthSignin: setting('global-auth-signin', optional(authUrl), {
    default: '',
    doc: 'Where clients are redirected that got 401.',
  }),
  globalAuthSigninRedirectParam: setting('global-auth-signin-redirect-param', optional(redirectParameter), {
    default: '',
    doc: 'Name of the parameter with the address that they wanted; rd when empty.',
  }),
  globalAuthResponseHeaders: setting('global-auth-response-headers', lenientHeaderNames, {
    default: '',
    doc: 'Headers of its answer that endpoints get.',
  }),
  globalAuthRequestRedirect: setting('global-auth-request-redirect', optional(requestRedirect), {
    default: '',
    doc: 'Value of X-Auth-Request-Redirect for the service.',
  }),
  globalAuthCacheKey: setting('global-auth-cache-key', optional(cacheKey), {
    default: '',
    doc: 'Answers of the service are kept for requests with the same value.',
  }),
  globalAuthCacheDuration: setting('global-auth-cache-duration', cacheDurations, {
    default: '200 202 401 5m',
    doc: 'How long, by status.',
  }),
  globalAuthAlwaysSetCookie: setting('global-auth-always-set-cookie', bool, {
    default: 'false',
    doc: 'Send cookies of the service with every answer, errors too.',
  }),
  noAuthLocations: setting('no-auth-locations', paths, {
    default: '/.well-known/acme-challenge',
    doc: 'Beginnings of location paths that nobody has to sign in for.',
  }),
  enableAuthAccessLog: setting('enable-auth-access-log', bool, {
    default: 'false',
    doc: 'Write requests to authentication services to the access log.',
  }),
} as const;
