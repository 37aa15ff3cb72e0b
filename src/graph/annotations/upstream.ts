/** What is said to endpoints, and in which protocol (compat/behaviour.md 16.2, 16.3 and 26.2). */
import { fail, ok } from '../../lib/result.ts';
import { parseExpression } from '../../text/safe.ts';
import type { Expression } from '../../text/safe.ts';
import { words } from '../../text/url.ts';
import { choice } from '../../text/values.ts';
import type { ValueType } from '../../text/values.ts';
import { annotation } from './annotation.ts';
import type { AnnotationTable, AnnotationValues } from './annotation.ts';

export const protocols = ['HTTP', 'HTTPS', 'AUTO_HTTP', 'GRPC', 'GRPCS', 'FCGI'] as const;
export type Protocol = (typeof protocols)[number];

// Any case is taken and means the same, unlike with ingress-nginx, where some of it only worked in upper case.
const protocol: ValueType<Protocol> = {
  name: protocols.join(' | '),
  parse: (text) => {
    const found = protocols.find((candidate) => candidate === text.toUpperCase());
    return found === undefined ? fail(`is none of ${protocols.join(', ')}`) : ok(found);
  },
};

const hostHeader: ValueType<Expression> = {
  name: 'host, for example "app.example.com"',
  parse: (text) =>
    /^[-._~a-zA-Z0-9:$[\]]+$/.test(text)
      ? parseExpression(text)
      : fail('is not a host; write for example "app.example.com"'),
};

const ignored = { invalid: 'default', risk: 'Low', scope: 'location' } as const;
const rejected = { ...ignored, invalid: 'rejected' } as const;

export const upstreamAnnotations = {
  protocol: annotation('backend-protocol', protocol, {
    ...ignored,
    example: 'HTTPS',
    doc: 'Protocol that endpoints speak. AUTO_HTTP: that of the client.',
  }),
  host: annotation('upstream-vhost', hostHeader, {
    ...rejected,
    example: 'app.example.com',
    doc: 'Host header that endpoints get instead of that of the client.',
  }),
  connection: annotation('connection-proxy-header', choice(['close', 'keep-alive']), {
    ...rejected,
    example: 'keep-alive',
    doc: 'Connection header that endpoints get.',
  }),
  cookieDomain: annotation('proxy-cookie-domain', words({ least: 1, most: 2, alone: ['off'] }), {
    ...ignored,
    risk: 'Medium',
    example: 'localhost example.com',
    doc: 'Replaces the domain of cookies of the backend: "off", or the old one and the new one.',
  }),
  cookiePath: annotation('proxy-cookie-path', words({ least: 1, most: 2, alone: ['off'] }), {
    ...ignored,
    risk: 'Medium',
    example: '/one/ /',
    doc: 'Replaces the path of cookies of the backend: "off", or the old one and the new one.',
  }),
  redirectFrom: annotation('proxy-redirect-from', words({ least: 1, most: 1, alone: [] }), {
    ...ignored,
    risk: 'Medium',
    example: 'http://app.internal/',
    doc: 'Beginning of Location headers of the backend that is replaced; "off" and "default" stand for themselves.',
  }),
  redirectTo: annotation('proxy-redirect-to', words({ least: 1, most: 1, alone: [] }), {
    ...ignored,
    risk: 'Medium',
    example: 'https://example.com/',
    doc: 'What replaces it.',
  }),
} satisfies AnnotationTable;

export type UpstreamAnnotations = AnnotationValues<typeof upstreamAnnotations>;
