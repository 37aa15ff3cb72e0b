/** Clients that show who they are by a certificate (compat/behaviour.md section 24). */
import { authoritySecret, errorPage, subjectPattern, verifyDepth } from '../../text/client-auth.ts';
import { bool, choice } from '../../text/values.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

const rejected = { invalid: 'rejected', risk: 'High', scope: 'location', needs: 'secret' } as const;
const ignored = { invalid: 'default', risk: 'Medium', scope: 'location', needs: 'secret' } as const;

export const clientAuthAnnotations = {
  secret: annotation('auth-tls-secret', authoritySecret, {
    invalid: 'rejected',
    risk: 'Medium',
    scope: 'location',
    example: 'default/authority',
    doc: 'Secret with the authorities in "ca.crt", and perhaps their revocations in "ca.crl", that certificates of clients must come from, for all paths of the hosts. While it cannot be used, they answer 403.',
  }),
  verify: annotation('auth-tls-verify-client', choice(['on', 'off', 'optional', 'optional_no_ca']), {
    ...ignored,
    example: 'optional',
    doc: 'Which clients get 400. on: those without a good certificate; optional: those with a bad one; optional_no_ca: those with one that is bad for another reason than its authority; off: none, since nobody is asked. on by default.',
  }),
  depth: annotation('auth-tls-verify-depth', verifyDepth, {
    ...ignored,
    risk: 'Low',
    example: '2',
    doc: 'Longest chain between a certificate and its authority; 1 by default.',
  }),
  errorPage: annotation('auth-tls-error-page', errorPage, {
    ...rejected,
    example: 'https://example.com/no-certificate',
    doc: 'Where clients are sent instead of getting 400.',
  }),
  passCertificate: annotation('auth-tls-pass-certificate-to-upstream', bool, {
    ...rejected,
    risk: 'Low',
    example: 'true',
    doc: 'Send the certificate to endpoints as ssl-client-cert, PEM with URL escapes.',
  }),
  subject: annotation('auth-tls-match-cn', subjectPattern, {
    ...rejected,
    example: 'CN=robot-[0-9]+',
    doc: 'Regular expression for the subject of the certificate; others get 403.',
  }),
} satisfies AnnotationTable;

export type ClientAuthAnnotations = AnnotationValues<typeof clientAuthAnnotations>;
