/** What the templates of an administrator print in servers and locations beyond what the built-in ones do. */
import type { Directive } from '../text/lexer.ts';
import type { Snippet } from '../text/safe.ts';
import { directivesOf } from '../text/snippet.ts';
import { templateGrammar } from './frame-grammar.ts';
import type { Grammar, Rule, Sources } from './frame-grammar.ts';
import { isOf } from './frame-shape.ts';

export interface OwnDirectives {
  readonly inServer: Grammar;
  readonly inLocations: Grammar;
}

/** Null when there is nothing of that kind. @throws when a template is no configuration of nginx with holes. */
export function ownDirectives(custom: Sources, builtIn: Sources): OwnDirectives | null {
  if (custom === builtIn) return null;
  const [mine, theirs] = [levelsOf(custom), levelsOf(builtIn)];
  const own = {
    inServer: beyond(mine.server, theirs.server),
    inLocations: beyond(mine.locations, theirs.locations),
  };
  return own.inServer.rules.length + own.inLocations.rules.length === 0 ? null : own;
}

export interface Around {
  /** Of the text that has the block. */
  readonly lines: readonly string[];
  /** What users wrote in it, which is proven to be there by itself. */
  readonly snippets: readonly Snippet[];
}

/** The directives of a server's block without those that only the templates of an administrator print. */
export function withoutOwn(
  block: readonly Directive[],
  own: OwnDirectives,
  { lines, snippets }: Around,
): readonly Directive[] {
  const written = new Set(snippets.flatMap(directivesOf).map(wordsOf));
  const without = (directives: readonly Directive[], grammar: Grammar) =>
    directives.filter(
      (entry) =>
        written.has(wordsOf(entry)) || !grammar.rules.some((rule) => isOf(entry, rule, { grammar, lines })),
    );
  return without(block, own.inServer).map((entry) =>
    entry.name === 'location' && entry.block !== null
      ? { ...entry, block: without(entry.block, own.inLocations) }
      : entry,
  );
}

function wordsOf({ name, args }: Directive): string {
  return JSON.stringify([name, ...args]);
}

function levelsOf(sources: Sources): { readonly server: Grammar; readonly locations: Grammar } {
  const [server] = templateGrammar('server', sources).rules;
  if (server?.name !== 'server' || server.block === null)
    throw new Error('the template server.hbs does not print one server');
  const locations = server.block.rules.flatMap(({ name, block }) =>
    name === 'location' && block !== null ? block.rules : [],
  );
  return { server: server.block, locations: { ...server.block, rules: locations } };
}

/** A rule without a name fits every directive, which is none that a template can be said to print. */
function beyond(mine: Grammar, theirs: Grammar): Grammar {
  const known = new Set(theirs.rules.map(textOf));
  const isLocation = ({ name, args }: Rule) => name === 'location' && !args.some((arg) => arg.test('/any'));
  return {
    ...mine,
    rules: mine.rules.filter(
      (rule) =>
        rule.name !== null && !known.has(textOf(rule)) && (rule.name !== 'location' || isLocation(rule)),
    ),
  };
}

function textOf({ name, args, isOpen, block, script }: Rule): string {
  return JSON.stringify([
    name,
    args.map(String),
    isOpen,
    name === 'location' ? null : block?.rules.map(textOf),
    script?.map(String),
  ]);
}
