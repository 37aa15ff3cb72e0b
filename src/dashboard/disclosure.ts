/** Which lines of nginx.conf are shown as they are: headers, authentication and snippets may hold what is secret. */
import type { Server } from '../model/model.ts';

/** Where nothing but names of objects, places and addresses stands. */
const OPEN = /^(?:server|server_name|listen|location|limit_req|limit_conn|allow|deny)$/;
const OPEN_VARIABLE =
  /^set \$(?:namespace|ingress_name|service_name|service_port|location_path|proxy_upstream_name) /;
const CLOSED =
  /header|auth|cookie|param|secret|password|key|lua|more_|^(?:set|if|return|map|rewrite|log_format|env)$/;
const SIMPLE = /^[\w.,:/ -]{0,200}[;{]?$/;
const PLAINEST = /^(?: (?:on|off|[\d.]+[a-z]{0,2}))*;?$/;

/** `server`: text of a server, whose snippets are known. `frame`: everything else, of which hardly anything is shown. */
export type Region = 'server' | 'frame';

/** @param secret lines of snippets, without blanks around them. */
export function disclosed(line: string, region: Region, secret: ReadonlySet<string>): string {
  const text = line.trim();
  const indent = line.slice(0, line.indexOf(text));
  if (secret.has(text)) return `${indent}(line of a snippet, not shown)`;
  const [directive = ''] = /^[^\s;{]*/.exec(text) ?? [];
  const rest = text.slice(directive.length);
  const isOpen = region === 'server' ? isOpenInServer : isOpenInFrame;
  return isOpen(text, directive, rest) ? line : `${indent}${nameIn(text, directive)} (not shown)`;
}

function isOpenInServer(text: string, directive: string, rest: string): boolean {
  if (text.startsWith('#') || rest === '' || OPEN.test(directive) || OPEN_VARIABLE.test(text)) return true;
  if (/^return \d{3};$/.test(text)) return true;
  return !CLOSED.test(directive) && SIMPLE.test(rest);
}

function isOpenInFrame(_text: string, directive: string, rest: string): boolean {
  return !CLOSED.test(directive) && !directive.startsWith('#') && PLAINEST.test(rest);
}

/** With the variable or the header that is set, and nothing else of the line. */
function nameIn(text: string, directive: string): string {
  return (
    /^(?:set \$\w{1,60}|\w+_set_header "?[\w-]{1,60}"?) /.exec(text)?.[0].trim() ??
    /^[a-z_0-9]{1,60}$/.exec(directive)?.[0] ??
    'a line'
  );
}

/** Lines of snippets that a server holds. */
export function* snippetLines({ snippets, locations, policies }: Server): Generator<string> {
  const ofPolicies = [...locations, ...policies].flatMap(({ policy }) => [
    ...policy.snippets,
    policy.auth?.snippet ?? null,
  ]);
  for (const text of [snippets.before, snippets.after, ...ofPolicies])
    for (const line of (text ?? '').split('\n')) if (line.trim() !== '') yield line.trim();
}
