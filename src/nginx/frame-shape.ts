/** Proof that what stands around the servers of hosts is what the templates say, whatever settings hold. */
import { parseConfig } from '../text/lexer.ts';
import type { Directive } from '../text/lexer.ts';
import type { Snippet } from '../text/safe.ts';
import type { Grammar, Rule } from './frame-grammar.ts';
import { withoutSnippets } from './snippet-shape.ts';

export interface FrameAsked {
  /** Names of the servers that send everybody elsewhere. */
  readonly redirects: readonly string[];
  /** By the name that the templates have for it. */
  readonly snippets: Readonly<Record<string, Snippet | readonly Snippet[]>>;
}

/** The text around the servers is not what it should be. */
export class UnrenderableFrame extends Error {
  override readonly name = 'UnrenderableFrame';
  readonly reason: string;

  constructor(reason: string) {
    super(`the text around the servers is not what the templates say: ${reason}`);
    this.reason = reason;
  }
}

/**
 * @param text head and tail, without the servers of hosts between them.
 * @throws UnrenderableFrame
 */
export function assertFrameText(text: string, grammar: Grammar, { redirects, snippets }: FrameAsked): void {
  const lines = text.split('\n');
  const directives = parse(text);
  assertRules(directives, grammar, { lines, snippets });
  const http = directives.find(({ name }) => name === 'http')?.block ?? [];
  const rule = grammar.rules.find(({ name }) => name === 'http');
  // Servers that an administrator wrote have names, too; that their text is there was seen above.
  const written = (rule?.block?.snippets ?? []).flatMap((name) => snippets[name] ?? []);
  const names = (withoutSnippets(http, written) ?? http)
    .flatMap(({ name, block }) => (name === 'server' ? (block ?? []) : []))
    .flatMap(({ name, args }) => (name === 'server_name' ? args : []));
  if (names.join('\n') !== redirects.join('\n')) fail('servers of redirects differ');
}

function fail(reason: string): never {
  throw new UnrenderableFrame(reason);
}

function parse(text: string): readonly Directive[] {
  try {
    return parseConfig(text);
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

interface Given {
  readonly lines: readonly string[];
  readonly snippets: FrameAsked['snippets'];
}

function assertRules(directives: readonly Directive[], grammar: Grammar, given: Given): void {
  const snippets = grammar.snippets.flatMap((name) => given.snippets[name] ?? []);
  for (const directive of withoutSnippets(directives, snippets) ?? fail('a snippet differs')) {
    const rules = grammar.rules.filter((entry) => fits(directive, entry, grammar));
    const reasons = rules.map((rule) => faultOf(directive, rule, given));
    if (reasons.includes(null)) continue;
    const [only] = reasons.length === 1 ? reasons : [];
    fail(only ?? `"${directive.name}" in line ${directive.line} is not expected there`);
  }
}

function faultOf(directive: Directive, { block, script }: Rule, given: Given): string | null {
  try {
    if (script !== null) assertScript(directive, script, given.lines);
    else if (block !== null) assertRules(directive.block ?? [], block, given);
    return null;
  } catch (error) {
    if (error instanceof UnrenderableFrame) return error.reason;
    throw error;
  }
}

/** Whether a directive, with all that is in it, is one that a template may print. */
export function isOf(directive: Directive, rule: Rule, { grammar, lines }: Among): boolean {
  return fits(directive, rule, grammar) && faultOf(directive, rule, { lines, snippets: {} }) === null;
}

export interface Among {
  /** What has the rule. */
  readonly grammar: Grammar;
  /** Of the text that has the directive. */
  readonly lines: readonly string[];
}

function fits({ name, args, block }: Directive, rule: Rule, { reserved }: Grammar): boolean {
  const isNamed = rule.name === null ? !reserved.has(name) : rule.name === name;
  if (!isNamed || (block === null) !== (rule.block === null && rule.script === null)) return false;
  if (rule.isOpen ? args.length < rule.args.length : args.length !== rule.args.length) return false;
  return rule.args.every((pattern, index) => pattern.test(args[index] ?? ''));
}

/** Each line is one of the template, in its order. */
function assertScript({ line, name }: Directive, script: readonly RegExp[], lines: readonly string[]): void {
  let at = 0;
  for (let index = line - 1; at < script.length; index++) {
    const text = lines[index];
    const found = text === undefined ? -1 : script.slice(at).findIndex((pattern) => pattern.test(text));
    if (found === -1) fail(`line ${index + 1} of "${name}" is not expected there`);
    at += found + 1;
  }
}
