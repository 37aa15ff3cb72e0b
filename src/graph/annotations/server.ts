/** What speaks about a host as a whole (compat/behaviour.md 6.3 and 6.4). */
import { parseAlias } from '../../text/alias.ts';
import type { Alias } from '../../text/safe.ts';
import { ciphers } from '../../text/tls.ts';
import { bool, list } from '../../text/values.ts';
import type { ValueType } from '../../text/values.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

const alias: ValueType<Alias> = { name: 'host name, wildcard or ~expression', parse: parseAlias };

export const serverAnnotations = {
  aliases: annotation(
    'server-alias',
    list(alias, { separator: /,/, example: 'www.example.com,*.example.com', empty: 'allowed' }),
    {
      invalid: 'rejected',
      budget: { name: 'aliases', beyond: 'left-out' },
      risk: 'High',
      scope: 'ingress',
      example: 'www2.example.com,*.old.example.com',
      doc: 'More names of the hosts of this Ingress: exact, with a wildcard, or a regular expression after "~".',
    },
  ),
  ciphers: annotation('ssl-ciphers', ciphers, {
    invalid: 'rejected',
    risk: 'Low',
    scope: 'ingress',
    example: 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256',
    doc: 'Ciphers offered to clients of the hosts up to TLS 1.2.',
  }),
  preferServerCiphers: annotation('ssl-prefer-server-ciphers', bool, {
    invalid: 'default',
    risk: 'Low',
    scope: 'ingress',
    example: 'true',
    doc: 'Whether the order of the ciphers is ours and not that of the client.',
  }),
  passthrough: annotation('ssl-passthrough', bool, {
    invalid: 'rejected',
    risk: 'Low',
    scope: 'ingress',
    example: 'true',
    doc: 'Hand TLS connections of the hosts to the Service of path "/" undecrypted; needs --enable-ssl-passthrough.',
  }),
} satisfies AnnotationTable;

export type ServerAnnotations = AnnotationValues<typeof serverAnnotations>;
