/** A firewall for what requests hold (compat/behaviour.md 26.6). */
import { securityRules, transactionId } from '../../text/modsecurity.ts';
import { bool } from '../../text/values.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

const ignored = { invalid: 'default', scope: 'ingress' } as const;

export const modsecurityAnnotations = {
  enabled: annotation('enable-modsecurity', bool, {
    ...ignored,
    risk: 'Low',
    // Whoever asks for a firewall and gets none would not know.
    admission: 'refuse',
    example: 'true',
    doc: 'Whether ModSecurity looks at requests; without it, what the ConfigMap says.',
  }),
  coreRules: annotation('enable-owasp-core-rules', bool, {
    ...ignored,
    risk: 'Low',
    example: 'true',
    doc: 'Whether it uses the core rule set of OWASP.',
  }),
  transactionId: annotation('modsecurity-transaction-id', transactionId, {
    ...ignored,
    risk: 'High',
    example: '$request_id',
    doc: 'Name of each request in its log.',
  }),
  rules: annotation('modsecurity-snippet', securityRules, {
    invalid: 'denied',
    admission: 'refuse',
    risk: 'Critical',
    scope: 'ingress',
    example: 'SecRuleEngine DetectionOnly',
    doc: 'Rules for the Ingress, instead of those of modsecurity.conf, which only detect.',
  }),
} satisfies AnnotationTable;

export type ModsecurityAnnotations = AnnotationValues<typeof modsecurityAnnotations>;
