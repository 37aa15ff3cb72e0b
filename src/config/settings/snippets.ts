/** Pieces of nginx configuration that the admin writes, and what Ingresses may write (compat/configmap.md). */
import { ok } from '../../lib/result.ts';
import { riskLevels } from '../../text/risk.ts';
import type { Risk } from '../../text/risk.ts';
import { snippet } from '../../text/snippet.ts';
import type { ValueType } from '../../text/values.ts';
import { bool } from '../../text/values.ts';
import { setting } from './setting.ts';

// Any unknown word is the strictest level.
const level: ValueType<Risk> = {
  name: riskLevels.join(' | '),
  parse: (text) => ok(riskLevels.find((known) => known.toLowerCase() === text.toLowerCase()) ?? 'Low'),
};

export const snippetSettings = {
  allowSnippetAnnotations: setting('allow-snippet-annotations', bool, {
    default: 'false',
    doc: 'Whether snippets of Ingresses are used; annotations-risk-level must be Critical, too.',
  }),
  annotationsRiskLevel: setting('annotations-risk-level', level, {
    default: 'High',
    doc: 'Ingresses with annotations of a higher risk are left out; any other word counts as Low.',
  }),
  mainSnippet: setting('main-snippet', snippet, {
    default: '',
    doc: 'Directives of nginx outside of all blocks.',
  }),
  httpSnippet: setting('http-snippet', snippet, {
    default: '',
    doc: 'Directives of nginx at the level of http.',
  }),
  streamSnippet: setting('stream-snippet', snippet, {
    default: '',
    doc: 'Directives of nginx at the level of stream, after those of Ingresses.',
  }),
  serverSnippet: setting('server-snippet', snippet, {
    default: '',
    doc: 'Directives of nginx for the servers of all hosts.',
  }),
  locationSnippet: setting('location-snippet', snippet, {
    default: '',
    doc: 'Directives of nginx for all locations, after those of configuration-snippet.',
  }),
  globalAuthSnippet: setting('global-auth-snippet', snippet, {
    default: '',
    doc: 'Directives of nginx for the locations that ask global-auth-url.',
  }),
} as const;
