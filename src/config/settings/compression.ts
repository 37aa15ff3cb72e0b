/** Compression with Brotli, for which nginx needs a module (compat/configmap.md). */
import { mimeType } from '../../text/map-pattern.ts';
import { bool, integer, list } from '../../text/values.ts';
import { setting } from './setting.ts';

const TYPES =
  'application/xml+rss application/atom+xml application/javascript application/x-javascript application/json application/rss+xml application/vnd.ms-fontobject application/x-font-ttf application/x-web-app-manifest+json application/xhtml+xml application/xml font/opentype image/svg+xml image/x-icon text/css text/javascript text/plain text/x-component';

export const compressionSettings = {
  enableBrotli: setting('enable-brotli', bool, {
    default: 'false',
    doc: 'Compress answers with Brotli for clients that take it. Needs a module of nginx.',
  }),
  brotliLevel: setting('brotli-level', integer({ min: 0, max: 11 }), {
    default: '4',
    doc: 'How hard Brotli tries, 0 to 11.',
  }),
  brotliMinLength: setting('brotli-min-length', integer({ min: 0, max: 1_000_000_000 }), {
    default: '20',
    doc: 'Bytes of the smallest answer that Brotli compresses.',
  }),
  brotliTypes: setting('brotli-types', list(mimeType, { separator: /\s+/, example: 'text/css text/plain' }), {
    default: TYPES,
    doc: 'Media types that Brotli compresses, besides text/html.',
  }),
} as const;
