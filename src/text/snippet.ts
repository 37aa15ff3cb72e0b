/**
 * Pieces of nginx configuration that users write themselves. They are read by nginx's own rules, so that one can never close the
 * block that it stands in (compat/security.md M3).
 */
import { messageOf } from '../lib/errors.ts';
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import { parseConfig } from './lexer.ts';
import { plainLines } from './lines.ts';
import type { Directive } from './lexer.ts';
import type { Snippet } from './safe.ts';
import type { ValueType } from './values.ts';

/** Of one snippet. */
export const MAX_SNIPPET_BYTES = 65_536;

export const snippet: ValueType<Snippet> = { name: 'nginx directives', parse: parseSnippet };

/** Whole directives, each line trimmed. */
export function parseSnippet(text: string): Result<Snippet> {
  if (Buffer.byteLength(text) > MAX_SNIPPET_BYTES) {
    return fail(`is too long for a snippet; ${MAX_SNIPPET_BYTES} bytes at most`);
  }
  const lines = plainLines(text);
  if (!lines.ok) return lines;
  try {
    parseConfig(`${lines.value}\n`);
  } catch (error) {
    return fail(`is not nginx configuration: ${messageOf(error)}`);
  }
  return ok(lines.value as Snippet);
}

/** What a snippet holds, as nginx sees it. */
export function directivesOf(text: Snippet): readonly Directive[] {
  return parseConfig(`${text}\n`);
}

/**
 * Directives that run code, read or write files, or reach beyond their place. ingress-nginx takes all but root and alias, which it
 * has no longer, and include of what is not there.
 */
const DANGEROUS: readonly string[] = [
  '*_by_lua',
  '*_by_lua_block',
  '*_by_lua_file',
  'lua_*',
  'perl*',
  'js_*',
  'load_module',
  'include',
  'root',
  'alias',
  'env',
  'user',
  'pid',
  'lock_file',
  'ssl_engine',
  'error_log',
  'access_log',
  'auth_basic_user_file',
  'auth_jwt_key_file',
  'ssl_certificate',
  'ssl_certificate_key',
  'ssl_trusted_certificate',
  'ssl_client_certificate',
  'ssl_crl',
  'ssl_dhparam',
  'ssl_password_file',
  'ssl_session_ticket_key',
  'ssl_stapling_file',
  'proxy_ssl_*certificate*',
  'grpc_ssl_*certificate*',
  'proxy_ssl_crl',
  'grpc_ssl_crl',
  'proxy_ssl_password_file',
  'grpc_ssl_password_file',
  '*_store',
  '*_store_access',
  '*_temp_path',
  '*_cache_path',
  'dav_*',
  'create_full_put_path',
  'autoindex*',
  'random_index',
  'try_files',
  'mp4',
  'flv',
  'xslt_*',
  'xml_entities',
  'geoip*',
  'modsecurity_rules_*',
];

/** The variable that names the list. */
const USERS = 'auth_users';

/** With `*` for any text. */
function matches(name: string, pattern: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[^a-z0-9_]/g, ''));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}

/**
 * The first directive, however deep, that an Ingress must not hold; null when there is none.
 * @param allowed names and patterns that the admin allows all the same.
 */
export function dangerousDirective(text: Snippet, allowed: readonly string[]): Directive | null {
  return search(directivesOf(text), (directive) => isDangerous(directive, allowed));
}

function search(all: readonly Directive[], isWanted: (directive: Directive) => boolean): Directive | null {
  for (const directive of all) {
    if (isWanted(directive)) return directive;
    const inner = directive.name.includes('_by_lua') ? null : search(directive.block ?? [], isWanted);
    if (inner !== null) return inner;
  }
  return null;
}

function isDangerous({ name, args }: Directive, allowed: readonly string[]): boolean {
  // Whose users may log in is the controller's word, since Secrets of others are among them.
  if ([name, ...args].some((word) => word.includes(USERS))) return true;
  // Switching the log off writes nothing.
  if (name === 'access_log' && args.join() === 'off') return false;
  const known = name.toLowerCase();
  return (
    DANGEROUS.some((pattern) => matches(known, pattern)) &&
    !allowed.some((pattern) => matches(known, pattern))
  );
}

/** Whether an admin allows any directive that runs Lua. */
export function allowsLua(allowed: readonly string[]): boolean {
  return LUA_HOOKS.some((name) => allowed.some((pattern) => matches(name, pattern)));
}

/** Where snippets may stand. */
const LUA_HOOKS: readonly string[] = [
  'set',
  'server_rewrite',
  'rewrite',
  'access',
  'content',
  'header_filter',
  'body_filter',
  'log',
].flatMap((phase) => ['', '_block', '_file'].map((form) => `${phase}_by_lua${form}`));
