/** What users wrote stands in the file as one run of directives, and as nothing else. */
import type { Snippet } from '../text/safe.ts';
import type { Directive } from '../text/lexer.ts';
import { directivesOf } from '../text/snippet.ts';

/** The directives of a block without those of its snippets; null when one of these is not there as it was written. */
export function withoutSnippets(
  block: readonly Directive[],
  snippets: readonly Snippet[],
): readonly Directive[] | null {
  let rest: readonly Directive[] = block;
  for (const text of snippets) {
    const run = directivesOf(text);
    const at = rest.findIndex((_, index) => isRun(rest.slice(index, index + run.length), run));
    if (run.length > 0 && at === -1) return null;
    rest = rest.toSpliced(at, run.length);
  }
  return rest;
}

function isRun(directives: readonly Directive[], run: readonly Directive[]): boolean {
  return (
    directives.length === run.length && run.every((directive, index) => isSame(directive, directives[index]))
  );
}

function isSame(a: Directive, b: Directive | undefined): boolean {
  return (
    b !== undefined &&
    a.name === b.name &&
    a.args.length === b.args.length &&
    a.args.every((arg, index) => arg === b.args[index]) &&
    (a.block === null ? b.block === null : b.block !== null && isRun(b.block, a.block))
  );
}
