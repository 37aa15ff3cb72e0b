/** The part of the proof of shape that is about CORS. */
import type { Directive } from '../text/lexer.ts';

type Fail = (reason: string) => never;

const isHook = ({ name }: Directive) => name === 'header_filter_by_lua_block';

/** The rest of a location. @param most hooks that it may have: 1 where it, or one whose error pages it makes, has CORS. */
export function withoutCors(block: readonly Directive[], most: 0 | 1, fail: Fail): readonly Directive[] {
  if (block.filter(isHook).length > most)
    fail('directive "header_filter_by_lua_block" is not expected there');
  return block.filter((entry) => !isHook(entry));
}
