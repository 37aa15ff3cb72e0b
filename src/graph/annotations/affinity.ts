/** Sessions that stay with one endpoint, by a cookie (compat/behaviour.md section 13). */
import { bool, choice } from '../../text/values.ts';
import { cookieDomain, cookieName, cookiePath, cookieSeconds, sameSite } from '../../text/words.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

const low = { invalid: 'default', risk: 'Low', scope: 'ingress' } as const;
const medium = { ...low, risk: 'Medium' } as const;

export const affinityAnnotations = {
  affinity: annotation('affinity', choice(['cookie']), {
    ...low,
    example: 'cookie',
    doc: 'Requests of one client go to one endpoint, which a cookie remembers.',
  }),
  mode: annotation('affinity-mode', choice(['balanced', 'persistent']), {
    ...medium,
    example: 'persistent',
    doc: 'With balanced, some sessions move when endpoints are added, so that each has its share; with persistent, a session stays while its endpoint exists.',
  }),
  canaryBehavior: annotation('affinity-canary-behavior', choice(['sticky', 'legacy']), {
    ...low,
    example: 'legacy',
    doc: 'On a canary Ingress: with sticky, a session stays with the canary or the primary, too; with legacy, the rules of the canary decide about each request.',
  }),
  name: annotation('session-cookie-name', cookieName, {
    ...medium,
    example: 'session',
    doc: 'Name of the cookie.',
  }),
  secure: annotation('session-cookie-secure', bool, {
    ...low,
    example: 'true',
    doc: 'Whether the cookie is always Secure. Otherwise it is when the request came over HTTPS.',
  }),
  expires: annotation('session-cookie-expires', cookieSeconds, {
    ...medium,
    example: '172800',
    doc: 'Seconds until the cookie expires, as Expires.',
  }),
  maxAge: annotation('session-cookie-max-age', cookieSeconds, {
    ...medium,
    example: '172800',
    doc: 'Seconds until the cookie expires, as Max-Age.',
  }),
  path: annotation('session-cookie-path', cookiePath, {
    ...medium,
    example: '/app',
    doc: 'Path of the cookie; without it, the path of the Ingress. Needed with use-regex.',
  }),
  domain: annotation('session-cookie-domain', cookieDomain, {
    ...medium,
    example: 'example.com',
    doc: 'Domain of the cookie.',
  }),
  sameSite: annotation('session-cookie-samesite', sameSite, {
    ...low,
    example: 'Lax',
    doc: 'SameSite of the cookie.',
  }),
  conditionalSameSiteNone: annotation('session-cookie-conditional-samesite-none', bool, {
    ...low,
    example: 'true',
    doc: 'Leave out SameSite=None for browsers that do not know it.',
  }),
  changeOnFailure: annotation('session-cookie-change-on-failure', bool, {
    ...low,
    example: 'true',
    doc: 'When an endpoint fails, the session moves to another one, with a new cookie.',
  }),
} satisfies AnnotationTable;

export type AffinityAnnotations = AnnotationValues<typeof affinityAnnotations>;
