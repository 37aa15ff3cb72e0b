/** Headers, sizes, compression and blocks for all hosts (compat/behaviour.md 14.2 and 25.3). */
import { lenientHeaderNames } from '../../text/auth.ts';
import { network } from '../../text/network.ts';
import { mapPattern, mimeType } from '../../text/map-pattern.ts';
import { fail, ok } from '../../lib/result.ts';
import { parseSize, parseToken } from '../../text/safe.ts';
import type { Token } from '../../text/safe.ts';
import { bool, integer, list } from '../../text/values.ts';
import type { ValueType } from '../../text/values.ts';
import { headerToken } from '../../text/words.ts';
import { setting } from './setting.ts';

const TYPES =
  'application/atom+xml application/javascript application/x-javascript application/json application/rss+xml application/vnd.ms-fontobject application/x-font-ttf application/x-web-app-manifest+json application/xhtml+xml application/xml font/opentype image/svg+xml image/x-icon text/css text/javascript text/plain text/x-component';

const headerBuffers: ValueType<readonly Token[]> = {
  name: 'number and size, for example "4 8k"',
  parse: (text) => {
    const [count = '', size = '', ...more] = text.split(/ +/);
    const words = [parseToken(count), parseToken(size)] as const;
    const usable =
      /^[1-9]\d{0,2}$/.test(count) && parseSize(size).ok && /^[1-9]\d{0,4}k?$|^[1-9]m$/i.test(size);
    if (!usable || more.length > 0 || !words[0].ok || !words[1].ok)
      return fail('is not a number and a size; write for example "4 16k"');
    return ok([words[0].value, words[1].value]);
  },
};

const count = integer({ min: 0, max: 1_000_000_000 });
const headers = list(headerToken, { separator: /,/, example: 'X-Powered-By,X-Debug', empty: 'allowed' });
const networks = list(network, { separator: /,/, example: '10.0.0.0/8,192.168.1.1', empty: 'allowed' });
const patterns = list(mapPattern, { separator: /,/, example: 'BadBot,~*crawler', empty: 'allowed' });

const headerMap: ValueType<string> = {
  name: 'namespace/name of a ConfigMap, or empty',
  parse: (text) =>
    text === '' || /^[a-z0-9.-]{1,253}\/[a-z0-9.-]{1,253}$/.test(text)
      ? ok(text)
      : fail('is not the name of a ConfigMap; write for example "ingress-nginx/headers"'),
};

export const httpSettings = {
  largeClientHeaderBuffers: setting('large-client-header-buffers', headerBuffers, {
    default: '4 8k',
    doc: 'How many buffers of what size a large request header may use.',
  }),
  enableUnderscoresInHeaders: setting('enable-underscores-in-headers', bool, {
    default: 'false',
    doc: 'Take headers of clients whose names hold "_".',
  }),
  ignoreInvalidHeaders: setting('ignore-invalid-headers', bool, {
    default: 'true',
    doc: 'Drop headers with names that are none; otherwise such requests are refused.',
  }),
  hideHeaders: setting('hide-headers', headers, {
    default: '',
    doc: 'Headers of backends that clients do not get.',
  }),
  allowBackendServerHeader: setting('allow-backend-server-header', bool, {
    default: 'false',
    doc: 'Keep the Server header of backends, together with server-tokens.',
  }),
  http2MaxConcurrentStreams: setting('http2-max-concurrent-streams', integer({ min: 1, max: 100_000 }), {
    default: '128',
    doc: 'Requests that one HTTP/2 connection may have open at once.',
  }),
  useGzip: setting('use-gzip', bool, { default: 'false', doc: 'Compress answers.' }),
  gzipLevel: setting('gzip-level', integer({ min: 1, max: 9 }), {
    default: '1',
    doc: 'How hard gzip tries, 1 to 9.',
  }),
  gzipMinLength: setting('gzip-min-length', count, {
    default: '256',
    doc: 'Bytes of the smallest answer that is compressed.',
  }),
  gzipTypes: setting('gzip-types', list(mimeType, { separator: /\s+/, example: 'text/css text/plain' }), {
    default: TYPES,
    doc: 'Media types that are compressed, besides text/html.',
  }),
  reusePort: setting('reuse-port', bool, {
    default: 'true',
    doc: 'Each worker has a listening socket of its own.',
  }),
  enableMultiAccept: setting('enable-multi-accept', bool, {
    default: 'true',
    doc: 'A worker accepts all waiting connections at once.',
  }),
  disableIpv6: setting('disable-ipv6', bool, { default: 'false', doc: 'Do not listen on IPv6 addresses.' }),
  maxWorkerOpenFiles: setting('max-worker-open-files', count, {
    default: '0',
    doc: 'Files and connections that one worker can open; 0 means the limit of the container less 1024.',
  }),
  blockCidrs: setting('block-cidrs', networks, {
    default: '',
    doc: 'Addresses and networks of clients that get 403, whatever Ingresses say.',
  }),
  blockUserAgents: setting('block-user-agents', patterns, {
    default: '',
    doc: 'Values of User-Agent that get 403: exact ones, or regular expressions after "~" or "~*" (any case).',
  }),
  blockReferers: setting('block-referers', patterns, {
    default: '',
    doc: 'Values of Referer that get 403, in the same form.',
  }),
  addHeaders: setting('add-headers', headerMap, {
    default: '',
    doc: 'ConfigMap with headers for all answers.',
  }),
  proxySetHeaders: setting('proxy-set-headers', headerMap, {
    default: '',
    doc: 'ConfigMap with headers that all endpoints get.',
  }),
  globalAllowedResponseHeaders: setting('global-allowed-response-headers', lenientHeaderNames, {
    default: '',
    doc: 'Headers that the annotation custom-headers may add to answers.',
  }),
} as const;
