/** Who may come, and how often (compat/behaviour.md section 25). */
import { networkList } from '../../text/network.ts';
import { anyInteger } from '../../text/words.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

const denied = { invalid: 'denied', risk: 'Medium', scope: 'location' } as const;
const rejected = { invalid: 'rejected', risk: 'Low', scope: 'location' } as const;
const budget = { name: 'addresses', beyond: 'invalid' } as const;
const ignored = { invalid: 'default', risk: 'Low', scope: 'location' } as const;

export const accessAnnotations = {
  allow: annotation('allowlist-source-range', networkList, {
    ...denied,
    budget,
    aliases: ['whitelist-source-range'],
    example: '10.0.0.0/8,192.0.2.7',
    doc: 'Addresses and networks of clients that may come; all others get 403.',
  }),
  deny: annotation('denylist-source-range', networkList, {
    ...denied,
    budget,
    example: '203.0.113.0/24',
    doc: 'Addresses and networks of clients that get 403.',
  }),
  connections: annotation('limit-connections', anyInteger, {
    ...rejected,
    example: '10',
    doc: 'Connections that one client may have open at once; more get 503.',
  }),
  rps: annotation('limit-rps', anyInteger, {
    ...rejected,
    example: '20',
    doc: 'Requests a second from one client; more than a burst of limit-burst-multiplier times as many get 503.',
  }),
  rpm: annotation('limit-rpm', anyInteger, {
    ...rejected,
    example: '600',
    doc: 'The same for requests a minute.',
  }),
  burst: annotation('limit-burst-multiplier', anyInteger, {
    ...ignored,
    example: '3',
    doc: 'How many times the rate a client may exceed it for a moment; 5 by default.',
  }),
  exempt: annotation('limit-allowlist', networkList, {
    ...rejected,
    budget,
    aliases: ['limit-whitelist'],
    example: '10.0.0.0/8',
    doc: 'Addresses and networks of clients without these limits.',
  }),
  rate: annotation('limit-rate', anyInteger, {
    ...ignored,
    example: '512',
    doc: 'Kilobytes a second that one response is sent with; 0 means no limit.',
  }),
  rateAfter: annotation('limit-rate-after', anyInteger, {
    ...ignored,
    example: '1024',
    doc: 'Kilobytes of a response that are sent before limit-rate begins.',
  }),
} satisfies AnnotationTable;

export type AccessAnnotations = AnnotationValues<typeof accessAnnotations>;
