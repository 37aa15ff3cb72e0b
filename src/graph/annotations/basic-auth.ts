/** Users with passwords (compat/behaviour.md section 22). */
import { realm, userSecret } from '../../text/passwords.ts';
import { choice } from '../../text/values.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

const rejected = { invalid: 'rejected', risk: 'Low', scope: 'location' } as const;

export const basicAuthAnnotations = {
  type: annotation('auth-type', choice(['basic', 'digest']), {
    ...rejected,
    example: 'basic',
    doc: 'How clients say who they are: by user and password of auth-secret. Others get 401.',
  }),
  format: annotation('auth-secret-type', choice(['auth-file', 'auth-map']), {
    ...rejected,
    needs: 'type',
    example: 'auth-map',
    doc: 'How the Secret holds users. auth-file: its key "auth" is a file as htpasswd or htdigest writes it; auth-map: each key is a user, and its value the hash. auth-file by default.',
  }),
  secret: annotation('auth-secret', userSecret, {
    invalid: 'denied',
    risk: 'Medium',
    scope: 'location',
    needs: 'type',
    example: 'users',
    doc: 'Secret with the users. A change counts without a reload; while it cannot be used, all paths answer 503.',
  }),
  realm: annotation('auth-realm', realm, {
    ...rejected,
    risk: 'Medium',
    needs: 'type',
    example: 'Staff only',
    doc: 'What clients show when they ask for the password; empty by default. Users of htdigest belong to one.',
  }),
} satisfies AnnotationTable;

export type BasicAuthAnnotations = AnnotationValues<typeof basicAuthAnnotations>;
