/** Timeouts, bodies, buffers and retries of proxied requests (compat/behaviour.md 16.3). Absent: the ConfigMap decides. */
import {
  bufferSize,
  choice,
  fileSize,
  integer,
  nextUpstream,
  secondsValue,
  size,
} from '../../text/values.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

const onOff = choice(['on', 'off']);
const count = integer({ min: 0, max: 1_000_000_000 });

const ofLocation = { invalid: 'default', risk: 'Low', scope: 'location' } as const;

export const proxyAnnotations = {
  connectTimeout: annotation('proxy-connect-timeout', secondsValue, {
    ...ofLocation,
    example: '10',
    doc: 'Seconds to wait for a connection to an endpoint.',
  }),
  sendTimeout: annotation('proxy-send-timeout', secondsValue, {
    ...ofLocation,
    example: '120',
    doc: 'Seconds between two writes to an endpoint before the request fails.',
  }),
  readTimeout: annotation('proxy-read-timeout', secondsValue, {
    ...ofLocation,
    example: '120',
    doc: 'Seconds between two reads from an endpoint before the request fails.',
  }),
  bodySize: annotation('proxy-body-size', size, {
    ...ofLocation,
    risk: 'Medium',
    example: '8m',
    doc: 'Largest request body; larger ones get 413. 0 means no limit.',
  }),
  bufferSize: annotation('proxy-buffer-size', bufferSize, {
    ...ofLocation,
    example: '8k',
    doc: 'Buffer for the first part of a response, its header.',
  }),
  buffersNumber: annotation('proxy-buffers-number', integer({ min: 2, max: 1024 }), {
    ...ofLocation,
    example: '8',
    doc: 'How many response buffers one request may use.',
  }),
  busyBuffersSize: annotation('proxy-busy-buffers-size', bufferSize, {
    ...ofLocation,
    example: '8k',
    doc: 'How much of the buffers may be on its way to the client while the rest is filled: at least one buffer, at most all but one.',
  }),
  maxTempFileSize: annotation('proxy-max-temp-file-size', fileSize, {
    ...ofLocation,
    example: '512m',
    doc: 'Largest temporary file for a buffered response.',
  }),
  buffering: annotation('proxy-buffering', onOff, {
    ...ofLocation,
    example: 'on',
    doc: 'Whether nginx reads a response ahead of the client.',
  }),
  requestBuffering: annotation('proxy-request-buffering', onOff, {
    ...ofLocation,
    example: 'off',
    doc: 'Whether a request body is read completely before an endpoint is contacted.',
  }),
  httpVersion: annotation('proxy-http-version', choice(['1.0', '1.1']), {
    ...ofLocation,
    example: '1.0',
    doc: 'HTTP version spoken to endpoints.',
  }),
  nextUpstream: annotation('proxy-next-upstream', nextUpstream, {
    ...ofLocation,
    risk: 'Medium',
    example: 'error timeout http_502',
    doc: 'When a request is tried on the next endpoint.',
  }),
  nextUpstreamTimeout: annotation('proxy-next-upstream-timeout', count, {
    ...ofLocation,
    example: '10',
    doc: 'Seconds in which a request may be retried; 0 means no limit.',
  }),
  nextUpstreamTries: annotation('proxy-next-upstream-tries', count, {
    ...ofLocation,
    example: '2',
    doc: 'How many endpoints one request may try; 0 means no limit.',
  }),
  clientBodyBufferSize: annotation('client-body-buffer-size', bufferSize, {
    ...ofLocation,
    invalid: 'rejected',
    example: '64k',
    doc: 'Part of a request body that is kept in memory.',
  }),
} satisfies AnnotationTable;

export type ProxyAnnotations = AnnotationValues<typeof proxyAnnotations>;
