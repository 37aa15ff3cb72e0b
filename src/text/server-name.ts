/** Names of nginx servers. */
import { escapePattern } from './pattern.ts';
import type { Pattern } from './safe.ts';

/** One label without dots, kept as `$subdomain` (compat/behaviour.md 15.2). */
export function wildcardPattern(host: string): Pattern {
  return `^(?<subdomain>[\\w-]+)\\.${escapePattern(host.slice(2))}$` as Pattern;
}

/** What `server_name` says for a host, `_` for the catch-all; the value of `$server_name` there. */
export function serverNameOf(host: string): string {
  return host.startsWith('*.') ? `~${wildcardPattern(host)}` : host;
}
