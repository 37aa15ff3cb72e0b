import { escapePattern } from '../text/pattern.ts';
import type { Pattern } from '../text/safe.ts';

/** One label without dots, kept as `$subdomain` (compat/behaviour.md 15.2). */
export function wildcardPattern(host: string): Pattern {
  return `^(?<subdomain>[\\w-]+)\\.${escapePattern(host.slice(2))}$` as Pattern;
}

/** The value of `$server_name` in the server of a host. */
export function serverNameOf(host: string): string {
  return host.startsWith('*.') ? `~${wildcardPattern(host)}` : host;
}
