/** What nginx reserves, and how its processes and sockets are (compat/behaviour.md 14). */
import { ok } from '../../lib/result.ts';
import { mimeType } from '../../text/map-pattern.ts';
import { network } from '../../text/network.ts';
import { addressesOf, agentPattern, bindAddresses, cpuAffinity } from '../../text/process-words.ts';
import { sharedDicts } from '../../text/shared-memory.ts';
import { words } from '../../text/url.ts';
import { bool, integer, list } from '../../text/values.ts';
import type { ValueType } from '../../text/values.ts';
import { setting } from './setting.ts';

const tableSize = integer({ min: 64, max: 1_000_000 });
/** nginx refuses one of 64k less a line of the cache of the processor. */
const LARGEST_BUCKET = 65_280;
const bucketSize = integer({ min: 32, max: LARGEST_BUCKET });
const twoWords = words({ least: 1, most: 2, alone: ['off'] });
const oneWord = words({ least: 1, most: 1, alone: [] });
/** Nothing: what the pod has. */
const boolOrNone: ValueType<boolean | null> = {
  name: 'boolean, or empty for what the pod has',
  parse: (text) => (text === '' ? ok(null) : bool.parse(text)),
};
const OBSOLETE = 'Has no effect: nginx has';

export const tuningSettings = {
  workerCpuAffinity: setting('worker-cpu-affinity', cpuAffinity, {
    default: '',
    doc: 'Which CPUs each worker may use.',
  }),
  debugConnections: setting(
    'debug-connections',
    list(network, {
      separator: /,/,
      example: '10.0.0.0/8,192.168.1.1',
      empty: 'allowed',
      bad: 'left-out',
    }),
    { default: '', doc: 'Addresses and networks of clients that nginx writes debug messages about.' },
  ),
  bindAddress: setting('bind-address', bindAddresses, {
    default: '',
    doc: 'Addresses of this machine to listen on; all of a family that none is named of.',
  }),
  bindAddressIpv4: setting('bind-address-ipv4', addressesOf('IPv4'), {
    default: '',
    doc: 'The same for IPv4 alone; goes before bind-address.',
  }),
  bindAddressIpv6: setting('bind-address-ipv6', addressesOf('IPv6'), {
    default: '',
    doc: 'The same for IPv6 alone; goes before bind-address.',
  }),
  disableIpv6Dns: setting('disable-ipv6-dns', boolOrNone, {
    default: '',
    doc: 'Do not ask for IPv6 addresses of names; true where the pod has no IPv6 itself.',
  }),
  serverNameHashMaxSize: setting('server-name-hash-max-size', tableSize, {
    default: '1024',
    doc: 'Size of the table of hosts; larger where they need it.',
  }),
  serverNameHashBucketSize: setting(
    'server-name-hash-bucket-size',
    integer({ min: 0, max: LARGEST_BUCKET }),
    {
      default: '0',
      doc: 'Size of an entry of it; larger where the longest host needs it.',
    },
  ),
  mapHashBucketSize: setting('map-hash-bucket-size', bucketSize, {
    default: '64',
    doc: 'Size of an entry of tables of maps.',
  }),
  proxyHeadersHashMaxSize: setting('proxy-headers-hash-max-size', tableSize, {
    default: '512',
    doc: 'Size of the tables of headers for endpoints.',
  }),
  proxyHeadersHashBucketSize: setting('proxy-headers-hash-bucket-size', bucketSize, {
    default: '64',
    doc: 'Size of an entry of them.',
  }),
  variablesHashMaxSize: setting('variables-hash-max-size', tableSize, {
    default: '2048',
    doc: 'Size of the table of variables.',
  }),
  variablesHashBucketSize: setting('variables-hash-bucket-size', bucketSize, {
    default: '256',
    doc: 'Size of an entry of it.',
  }),
  enableSerialReloads: setting('enable-serial-reloads', bool, {
    default: 'false',
    doc: 'A reload waits until no workers of an older generation are left, worker-shutdown-timeout at most.',
  }),
  luaSharedDicts: setting('lua-shared-dicts', sharedDicts, {
    default: '',
    doc: 'Memory for plugins and snippets in Lua, from 64k to 200m each. Names of ingress-nginx are accepted, too, and their sizes are fixed.',
  }),
  http2MaxFieldSize: setting('http2-max-field-size', integer({ min: 0, max: 1_000_000_000 }), {
    default: '0',
    doc: `${OBSOLETE} large-client-header-buffers for it.`,
  }),
  http2MaxHeaderSize: setting('http2-max-header-size', integer({ min: 0, max: 1_000_000_000 }), {
    default: '0',
    doc: `${OBSOLETE} large-client-header-buffers for it.`,
  }),
  http2MaxRequests: setting('http2-max-requests', integer({ min: 0, max: 1_000_000_000 }), {
    default: '0',
    doc: `${OBSOLETE} keep-alive-requests for it.`,
  }),
  defaultType: setting('default-type', mimeType, {
    default: 'text/html',
    doc: 'Media type of answers that nginx itself makes.',
  }),
  enableAioWrite: setting('enable-aio-write', bool, {
    default: 'true',
    doc: 'Write temporary files in threads.',
  }),
  grpcBufferSizeKb: setting('grpc-buffer-size-kb', integer({ min: 0, max: 65_536 }), {
    default: '0',
    doc: 'Kilobytes of the buffer for gRPC answers; 0 means that of nginx.',
  }),
  gzipDisable: setting('gzip-disable', agentPattern, {
    default: '',
    doc: 'User-Agents that get answers as they are.',
  }),
  proxyCookieDomain: setting('proxy-cookie-domain', twoWords, {
    default: 'off',
    doc: 'Replaces the domain of cookies of backends.',
  }),
  proxyCookiePath: setting('proxy-cookie-path', twoWords, {
    default: 'off',
    doc: 'Replaces the path of cookies of backends.',
  }),
  proxyRedirectFrom: setting('proxy-redirect-from', oneWord, {
    default: 'off',
    doc: 'Beginning of Location headers of backends that is replaced.',
  }),
  proxyRedirectTo: setting('proxy-redirect-to', oneWord, { default: 'off', doc: 'What replaces it.' }),
} as const;
