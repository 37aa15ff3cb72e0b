/**
 * What may stand in nginx.conf outside of the servers of hosts, read from the templates: their text is nginx configuration with
 * holes, and what is printed may differ from it in the holes only.
 */
import { parseConfig } from '../text/lexer.ts';
import type { Directive } from '../text/lexer.ts';

export interface Rule {
  /** Null: an entry of a map, whose name is what is looked for. */
  readonly name: string | null;
  readonly args: readonly RegExp[];
  /** Whether more may follow. */
  readonly isOpen: boolean;
  readonly block: Grammar | null;
  /** Each line that a script may consist of; null for what is none. */
  readonly script: readonly RegExp[] | null;
}

export interface Grammar {
  readonly rules: readonly Rule[];
  /** What nginx takes for something else than an entry there. */
  readonly reserved: ReadonlySet<string>;
  /** What users wrote that stands there, by the name in the templates. */
  readonly snippets: readonly string[];
}

/** Sources of templates by name. */
export type Sources = ReadonlyMap<string, string>;

const HOLE = '__hole__';
const REST = '__rest__';
const SNIPPET = '__snippet__';
/** Of which several share a line of a template. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  __name_of_zone__: ['limit_req_zone', 'limit_conn_zone'],
  __name_of_hook__: ['ssl_client_hello_by_lua_file', 'ssl_certificate_by_lua_file'],
};
const LUA_LITERAL = String.raw`(?:"[A-Za-z0-9 .:=;@_/-]*"|[A-Za-z0-9_.]*)`;

export function frameGrammar(sources: Sources): Grammar {
  const text = withoutTags(
    `${expand('nginx.conf', sources)}${expand('tail', sources)}${expand('stream', sources)}`,
  );
  return grammarOf(parseConfig(text), text.split('\n'));
}

/** What a template and those that it calls consist of. */
export function templateGrammar(name: string, sources: Sources): Grammar {
  const text = withoutTags(expand(name, sources));
  return grammarOf(parseConfig(text), text.split('\n'));
}

function expand(name: string, sources: Sources): string {
  const source = sources.get(name);
  if (source === undefined) throw new Error(`the template ${name} is missing`);
  return source.replaceAll(/^.*\{\{> (\S+).*\}\}.*\n/gm, (_, partial: string) => expand(partial, sources));
}

function withoutTags(text: string): string {
  return text
    .replaceAll(/^\s*\{\{(?:[#/][^}]*|else)\}\}\s*\n/gm, '')
    .replaceAll(/\s?\{\{#each [^}]*\}\}.*?\{\{\/each\}\}/g, ` ${REST}`)
    .replaceAll(/\{\{snippet (\w+)\}\}/g, `${SNIPPET} $1;`)
    .replaceAll(/\{\{remark [^}]*\}\}/g, '')
    .replaceAll('{{setHeader}}', 'proxy_set_header')
    .replaceAll('{{name}} $limit', '__name_of_zone__ $limit')
    .replaceAll('{{name}} {{quote file}}', '__name_of_hook__ {{quote file}}')
    .replaceAll(/\{\{[^}]*\}\}/g, HOLE);
}

const RESERVED: Readonly<Record<string, ReadonlySet<string>>> = {
  map: new Set(['include', 'hostnames', 'volatile']),
  geo: new Set(['include', 'ranges', 'proxy', 'proxy_recursive', 'delete']),
};
const NOTHING: ReadonlySet<string> = new Set();

/** @param lines of the whole text. @param name of the directive that has the block. */
function grammarOf(directives: readonly Directive[], lines: readonly string[], name = ''): Grammar {
  const rules = directives
    .filter((directive) => directive.name !== SNIPPET)
    .flatMap((directive) => rulesOf(directive, lines));
  const snippets = directives.flatMap((directive) => (directive.name === SNIPPET ? directive.args : []));
  return { rules, snippets, reserved: RESERVED[name] ?? NOTHING };
}

function rulesOf({ name, args, block, line }: Directive, lines: readonly string[]): readonly Rule[] {
  const fixed = args.filter((arg) => arg !== REST);
  const isScript = name.endsWith('_by_lua_block');
  const rule = {
    args: fixed.map((arg) => patternOf(arg, '[^]*')),
    isOpen: fixed.length < args.length,
    block: isScript || block === null ? null : grammarOf(block, lines, name),
    script: isScript ? scriptOf(lines, line) : null,
  };
  const names = NAMES[name] ?? [name === HOLE ? null : name];
  return names.map((each) => ({ ...rule, name: each }));
}

/** Lines from that of the directive to the one that closes it. */
function scriptOf(lines: readonly string[], from: number): readonly RegExp[] {
  const first = lines[from - 1] ?? '';
  const indent = /^\s*/.exec(first)?.[0] ?? '';
  const length = first.trimEnd().endsWith('}') ? 1 : lines.slice(from - 1).indexOf(`${indent}}`) + 1;
  return lines.slice(from - 1, from - 1 + length).map((line) => patternOf(line, LUA_LITERAL));
}

function patternOf(text: string, hole: string): RegExp {
  const escaped = text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
  return new RegExp(
    `^${escaped.replaceAll(` ${REST}`, '(?: ?(?:"[A-Za-z0-9 .:=;@_/-]*"|[0-9.e+-]+),)* ?').replaceAll(HOLE, hole)}$`,
  );
}
