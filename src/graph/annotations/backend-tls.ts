/** TLS towards endpoints (compat/behaviour.md 26.3). */
import { endpointName, endpointProtocols } from '../../text/backend-tls.ts';
import { authoritySecret, verifyDepth } from '../../text/client-auth.ts';
import { ciphers } from '../../text/tls.ts';
import { choice } from '../../text/values.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

const onOff = choice(['on', 'off']);
const ignored = { invalid: 'default', risk: 'Low', scope: 'ingress', needs: 'secret' } as const;
const medium = { ...ignored, risk: 'Medium' } as const;

export const backendTlsAnnotations = {
  secret: annotation('proxy-ssl-secret', authoritySecret, {
    invalid: 'rejected',
    risk: 'Medium',
    scope: 'ingress',
    example: 'default/authority',
    doc: 'Secret with the authorities of the certificates of endpoints in "ca.crt", and perhaps the certificate that they are shown in "tls.crt" and "tls.key". While it cannot be used, all paths answer 503.',
  }),
  ciphers: annotation('proxy-ssl-ciphers', ciphers, {
    ...medium,
    example: 'ECDHE-RSA-AES128-GCM-SHA256',
    doc: 'Ciphers offered to endpoints up to TLS 1.2; DEFAULT by default.',
  }),
  protocols: annotation('proxy-ssl-protocols', endpointProtocols, {
    ...ignored,
    example: 'TLSv1.3',
    doc: 'TLS versions offered to endpoints; TLSv1.2 by default.',
  }),
  name: annotation('proxy-ssl-name', endpointName, {
    ...ignored,
    risk: 'High',
    example: 'app.internal',
    doc: 'Name that the certificate of an endpoint must be for, and that it is asked for; upstream_balancer by default.',
  }),
  verify: annotation('proxy-ssl-verify', onOff, {
    ...ignored,
    example: 'on',
    doc: 'Whether certificates of endpoints must come from the authorities and be for the name; off by default.',
  }),
  depth: annotation('proxy-ssl-verify-depth', verifyDepth, {
    ...ignored,
    example: '2',
    doc: 'Longest chain between a certificate and its authority; 1 by default.',
  }),
  serverName: annotation('proxy-ssl-server-name', onOff, {
    ...ignored,
    example: 'on',
    doc: 'Whether endpoints are told the name in the handshake; off by default.',
  }),
} satisfies AnnotationTable;

export type BackendTlsAnnotations = AnnotationValues<typeof backendTlsAnnotations>;
