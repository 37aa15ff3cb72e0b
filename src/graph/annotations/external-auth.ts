/** A service that says who may come (compat/behaviour.md section 23). */
import {
  authUrl,
  cacheDurations,
  cacheKey,
  headerNames,
  methods,
  redirectParameter,
  requestRedirect,
} from '../../text/auth.ts';
import { snippet } from '../../text/snippet.ts';
import { bool, choice } from '../../text/values.ts';
import { anyInteger, configMapName } from '../../text/words.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

const denied = { invalid: 'denied', risk: 'Medium', scope: 'location', needs: 'url' } as const;
const ignored = { invalid: 'default', risk: 'Medium', scope: 'location', needs: 'url' } as const;
const byItself = { invalid: 'default', risk: 'Low', scope: 'location' } as const;

/** Signs that ingress-nginx refuses, and hosts that clients choose. */
const AUTH_URL_REFUSED = /[^-._~a-zA-Z0-9/:,?&=$ ]|^\w*:\/\/[^/]*\$/;

export const externalAuthAnnotations = {
  url: annotation('auth-url', authUrl, {
    invalid: 'denied',
    admission: AUTH_URL_REFUSED,
    denial: 'could not parse auth-url annotation: invalid url host',
    risk: 'High',
    scope: 'location',
    example: 'https://auth.example.com/check',
    doc: 'Every request is first shown to this URL: 2xx lets it pass, 401 and 403 are the answer, everything else is 500.',
  }),
  method: annotation('auth-method', choice(methods), {
    ...denied,
    risk: 'Low',
    example: 'GET',
    doc: 'Method of that request; GET by default.',
  }),
  signin: annotation('auth-signin', authUrl, {
    ...ignored,
    risk: 'High',
    admission: 'refuse',
    example: 'https://auth.example.com/login',
    doc: 'Where clients are redirected that got 401, with the address that they wanted.',
  }),
  signinParameter: annotation('auth-signin-redirect-param', redirectParameter, {
    ...ignored,
    example: 'next',
    doc: 'Name of the parameter with that address; rd by default.',
  }),
  responseHeaders: annotation('auth-response-headers', headerNames, {
    ...denied,
    example: 'X-User,X-Groups',
    doc: 'Headers of its answer that endpoints get.',
  }),
  requestRedirect: annotation('auth-request-redirect', requestRedirect, {
    ...denied,
    example: 'https://example.com/',
    doc: 'Value of X-Auth-Request-Redirect for the service; the URI of the client by default.',
  }),
  cacheKey: annotation('auth-cache-key', cacheKey, {
    ...ignored,
    admission: 'refuse',
    example: '$remote_user$http_authorization',
    doc: 'Answers of the service are kept for requests with the same value.',
  }),
  cacheDuration: annotation('auth-cache-duration', cacheDurations, {
    ...denied,
    example: '200 202 10m,401 30s',
    doc: 'How long, by status: "200 202 401 5m" by default.',
  }),
  alwaysSetCookie: annotation('auth-always-set-cookie', bool, {
    ...denied,
    risk: 'Low',
    example: 'true',
    doc: 'Send cookies of the service with every answer, errors too.',
  }),
  proxySetHeaders: annotation('auth-proxy-set-headers', configMapName, {
    ...ignored,
    example: 'default/auth-headers',
    doc: 'ConfigMap with headers that the service gets.',
  }),
  keepalive: annotation('auth-keepalive', anyInteger, {
    ...ignored,
    risk: 'Low',
    example: '32',
    doc: 'Idle connections to the service that each worker keeps, after answers without a body; 0, the default, keeps none.',
  }),
  keepaliveShareVars: annotation('auth-keepalive-share-vars', bool, {
    ...ignored,
    risk: 'Low',
    example: 'true',
    doc: 'Whether the question sees the variables of the request; it always does here.',
  }),
  keepaliveRequests: annotation('auth-keepalive-requests', anyInteger, {
    ...ignored,
    risk: 'Low',
    example: '500',
    doc: 'Questions that one such connection may carry; 1000 by default.',
  }),
  keepaliveTimeout: annotation('auth-keepalive-timeout', anyInteger, {
    ...ignored,
    risk: 'Low',
    example: '30',
    doc: 'Seconds that one such connection may be idle; 60 by default.',
  }),
  snippet: annotation('auth-snippet', snippet, {
    ...denied,
    admission: 'refuse',
    risk: 'Critical',
    example: 'proxy_set_header X-Site main;',
    doc: 'Directives of nginx for the location that asks the service.',
  }),
  global: annotation('enable-global-auth', bool, {
    ...byItself,
    example: 'false',
    doc: 'Whether the service of the ConfigMap is asked; true by default.',
  }),
  satisfy: annotation('satisfy', choice(['any', 'all']), {
    ...byItself,
    example: 'any',
    doc: 'Whether one of address list and authentication is enough.',
  }),
} satisfies AnnotationTable;

export type ExternalAuthAnnotations = AnnotationValues<typeof externalAuthAnnotations>;
