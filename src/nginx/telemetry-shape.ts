/** The part of the proof of shape that is about spans. */
import type { Policy } from '../model/model.ts';
import type { Directive } from '../text/lexer.ts';
import { hasHook } from './extras-view.ts';

type Fail = (reason: string) => never;

const isHook = ({ name }: Directive) => name === 'rewrite_by_lua_block';
const isWord = ({ name, args }: Directive) => name === 'set' && args[0] === '$telemetry';

/** The rest of a location. @param policy null where no spans may be made. */
export function withoutTelemetry(
  block: readonly Directive[],
  policy: Pick<Policy, 'telemetry' | 'extras'> | null,
  fail: Fail,
): readonly Directive[] {
  const telemetry = policy?.telemetry ?? null;
  const wanted = telemetry === null ? '' : telemetry.trust ? 'trust' : 'doubt';
  const words = block.filter(isWord).map(({ args }) => args[1]);
  if (words.join() !== wanted) fail('what it says about spans differs');
  if (block.filter(isHook).length > (policy !== null && hasHook(policy) ? 1 : 0))
    fail('directive "rewrite_by_lua_block" is not expected there');
  return block.filter((entry) => !isHook(entry));
}
