/** The part of the proof of shape that is about passwords. */
import type { Policy } from '../model/model.ts';
import type { Directive } from '../text/lexer.ts';
import { passwordOf } from './auth-view.ts';

type Fail = (reason: string) => never;

const isHook = ({ name }: Directive) => name === 'access_by_lua_block';
const isType = ({ name, args }: Directive) => name === 'set' && args[0] === '$auth_type';

/** The rest of a location. @param policy null where nobody may be asked for a password. */
export function withoutPassword(
  block: readonly Directive[],
  policy: Policy | null,
  fail: Fail,
): readonly Directive[] {
  const wanted = policy === null ? null : passwordOf(policy);
  const types = block.filter(isType).map(({ args }) => args[1]);
  if (types.join() !== (wanted?.scheme ?? '')) fail('what it asks for differs');
  const hooks = block.filter(isHook);
  if (hooks.length > (wanted === null ? 0 : 1)) fail('directive "access_by_lua_block" is not expected there');
  return block.filter((entry) => !isHook(entry));
}

/** All locations that ask have the hook that does it, or none has it, in a text for the check. */
export function assertHooks(server: readonly Directive[], fail: Fail): void {
  const asking = server.filter(({ block }) => block?.some(isType) === true);
  const hooked = asking.filter(({ block }) => block?.some(isHook) === true);
  if (hooked.length > 0 && hooked.length < asking.length) fail('a location does not ask for the password');
}
