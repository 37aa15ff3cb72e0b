/** TLS with clients (compat/behaviour.md 20.1). */
import { bool } from '../../text/values.ts';
import {
  ciphersOrNone,
  curves,
  recordBuffer,
  secretReference,
  sessionCacheSize,
  sessionTimeout,
  ticketKey,
} from '../../text/tls.ts';
import { setting } from './setting.ts';

export const tlsSettings = {
  sslCiphers: setting('ssl-ciphers', ciphersOrNone, {
    default:
      'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256',
    doc: 'Ciphers offered to clients up to TLS 1.2; the order is ours, not the client’s.',
  }),
  sslEcdhCurve: setting('ssl-ecdh-curve', curves, {
    default: 'auto',
    doc: 'Curves for the exchange of keys.',
  }),
  sslDhParam: setting('ssl-dh-param', secretReference, {
    default: '',
    doc: 'Secret whose dhparam.pem holds Diffie-Hellman parameters of 2048 bits or more, for DHE ciphers.',
  }),
  sslEarlyData: setting('ssl-early-data', bool, {
    default: 'false',
    doc: 'Accept requests within the handshake of TLS 1.3, which can be replayed.',
  }),
  sslSessionCache: setting('ssl-session-cache', bool, {
    default: 'true',
    doc: 'Keep sessions in memory, so that clients can resume them.',
  }),
  sslSessionCacheSize: setting('ssl-session-cache-size', sessionCacheSize, {
    default: '10m',
    doc: 'Memory for these sessions; a megabyte holds about 4,000.',
  }),
  sslSessionTimeout: setting('ssl-session-timeout', sessionTimeout, {
    default: '10m',
    doc: 'How long a session in memory can be resumed.',
  }),
  sslSessionTickets: setting('ssl-session-tickets', bool, {
    default: 'false',
    doc: 'Let clients keep their sessions themselves, encrypted.',
  }),
  sslSessionTicketKey: setting('ssl-session-ticket-key', ticketKey, {
    default: '',
    doc: 'Key of these tickets, the same for all replicas; without one nginx makes its own.',
  }),
  sslBufferSize: setting('ssl-buffer-size', recordBuffer, {
    default: '4k',
    doc: 'Largest TLS record that is sent.',
  }),
  enableOcsp: setting('enable-ocsp', bool, {
    default: 'false',
    doc: 'Staple the answers of the authorities of certificates about revocation.',
  }),
  proxySslLocationOnly: setting('proxy-ssl-location-only', bool, {
    default: 'false',
    doc: 'What the annotations proxy-ssl-* of an Ingress say holds for its own paths only, not for others of the host.',
  }),
  sslRejectHandshake: setting('ssl-reject-handshake', bool, {
    default: 'false',
    doc: 'End handshakes for names that no host has, instead of serving the default certificate.',
  }),
} as const;
