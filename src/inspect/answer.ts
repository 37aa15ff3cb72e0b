/** What a location does with a request before an endpoint is asked. */
import { keyOf } from '../lib/keys.ts';
import type { Location, Match } from '../model/model.ts';
import { certificateOf } from './certificate.ts';
import type { ExplainContext } from './context.ts';

/** As nginx.conf shows it. */
export function matchText(match: Match): string {
  if (match.kind === 'regex') return `~* "${match.pattern}"`;
  return match.kind === 'exact' ? `= "${match.path}"` : `"${match.path}"`;
}

interface Asked {
  readonly host: string;
  readonly context: ExplainContext;
}

/** Of requests over plain HTTP (compat/behaviour.md 18.1). */
export function redirectLines({ route, policy }: Location, { host, context }: Asked): readonly string[] {
  const { settings } = context.wanted.model.http;
  const { ssl, forceSsl } = policy.redirect;
  if (policy.answer !== 'proxy' || route.tlsRedirect === 'never') return [];
  const code = settings.httpRedirectCode;
  if (forceSsl ?? settings.forceSslRedirect) return [`HTTP      ${code} to https (force-ssl-redirect)`];
  if (!(ssl ?? settings.sslRedirect) || certificateOf(context.wanted.graph, host) === undefined) return [];
  return [`HTTP      ${code} to https, since the host has TLS (ssl-redirect)`];
}

export function answerLines({ route, policy }: Location, context: ExplainContext): readonly string[] {
  const owner = `${route.namespace}/${route.ingress}`;
  const held = context.quarantined.find(({ kind, key }) => kind === 'Ingress' && key === owner);
  const lines: string[] =
    held === undefined
      ? []
      : [`Held      Ingress ${owner} is in quarantine (${held.standIn}): ${held.message}`];
  switch (policy.answer) {
    case 'denied':
      return [
        ...lines,
        `Answer    503: what Ingress ${owner} asks for cannot be set up, so that nothing of it is open`,
      ];
    case 'redirect':
      return [
        ...lines,
        `Answer    ${policy.redirect.target?.code ?? 302} to ${policy.redirect.target?.url ?? ''}`,
      ];
    case 'proxy':
      if (policy.auth !== null) lines.push('Asks      an authentication service first');
      if (policy.password !== null) lines.push('Asks      for a password');
      if (route.limits.length > 0)
        lines.push(`Limits    ${route.limits.map(({ kind, count }) => `${count} (${kind})`).join(', ')}`);
      if (route.rewrite !== null) lines.push(`Rewrites  to ${route.rewrite.target}`);
      return lines;
  }
}

const LONGEST = 160;

/** Those of the Ingress, as its owner wrote them. */
export function annotationLines({ route }: Location, context: ExplainContext): readonly string[] {
  const key = `${route.namespace}/${route.ingress}`;
  const ingress = context.wanted.ingresses.find(({ metadata }) => keyOf(metadata) === key);
  const prefix = `${context.annotationsPrefix}/`;
  const own = Object.entries(ingress?.metadata.annotations ?? {}).filter(([name]) => name.startsWith(prefix));
  return own.map(
    ([name, value], index) =>
      `${index === 0 ? 'Settings' : '        '}  ${name.slice(prefix.length)}: ${shorten(value)}`,
  );
}

function shorten(value: string): string {
  const line = value.trim().replaceAll(/\s*\n\s*/g, ' | ');
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}...` : line;
}
