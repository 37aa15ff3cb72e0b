/** Copies of requests for another service (compat/behaviour.md 26.1). */
import type { ParsedIngress } from '../graph/graph.ts';
import type { Expression, Literal } from '../text/safe.ts';

export interface Mirror {
  /** Of the internal location: `/_mirror-<uid>`. */
  readonly name: Literal;
  /** As the annotation has it. */
  readonly written: Expression;
  /** Where copies go, with a path. */
  readonly url: Expression;
  /** Of that URL. */
  readonly target: Expression;
  /** The Host header of copies. */
  readonly host: Expression;
  readonly body: 'on' | 'off';
}

export function mirrorOf(owner: ParsedIngress | null): Mirror | null {
  const mirror = owner?.annotations.mirror;
  if (owner === null || !mirror?.target) return null;
  const { target, body, host } = mirror;
  return Object.freeze({
    name: nameOf(owner),
    written: target.written,
    url: target.url,
    target: target.host,
    host: host ?? target.host,
    body: body ?? 'on',
  });
}

/** Copies that are not made, since their address is refused; null where none are wanted, or all is well. */
export function refusedMirrorOf(owner: ParsedIngress | null): Pick<Mirror, 'name' | 'body'> | null {
  if (owner?.isMirrorRefused !== true) return null;
  return Object.freeze({ name: nameOf(owner), body: owner.annotations.mirror.body ?? 'on' });
}

function nameOf({ namespace, name, uid }: ParsedIngress): Literal {
  // Without an API server there may be none.
  return `/_mirror-${uid === '' ? `${namespace}.${name}` : uid}` as string as Literal;
}
