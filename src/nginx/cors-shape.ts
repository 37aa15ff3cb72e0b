/** The part of the proof of shape that is about CORS. */
import type { Policy } from '../model/model.ts';
import type { Directive } from '../text/lexer.ts';

type Fail = (reason: string) => never;

const isHook = ({ name }: Directive) => name === 'header_filter_by_lua_block';

/** The rest of a location. @param wanted whether it, or one whose error pages it makes, has CORS. */
export function withoutCors(
  block: readonly Directive[],
  wanted: { readonly cors: Policy['cors'] } | null,
  fail: Fail,
): readonly Directive[] {
  const most = (wanted?.cors ?? null) === null ? 0 : 1;
  if (block.filter(isHook).length > most)
    fail('directive "header_filter_by_lua_block" is not expected there');
  return block.filter((entry) => !isHook(entry));
}
