/** Ends parts one after the other, whatever one of them does: a disk that does not answer has no time limit of its own. */
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { endsWithin } from '../lib/within.ts';

export interface Ending {
  readonly name: string;
  readonly end: () => Promise<void> | undefined;
  /** It knows by itself when it has waited for long enough. */
  readonly limits?: 'its own';
}

/** Milliseconds: more than the longest question to an API server takes. */
const LIMIT = 15_000;
/** Milliseconds, when something before has taken all of its own: the reason is likely to be the same. */
const SHORT_LIMIT = 1000;

/**
 * What does not end in its time, or fails, is logged and left behind.
 * @throws the first failure, when all others have ended.
 */
export async function endInOrder(endings: readonly Ending[], log: Logger, usual = LIMIT): Promise<void> {
  const failures: unknown[] = [];
  let limit = usual;
  for (const { name, end, limits } of endings) {
    try {
      const ended = end() ?? Promise.resolve();
      if (limits === 'its own') await ended;
      else if (!(await endsWithin(ended, limit))) {
        log.error('a part of the controller does not end; it is left behind', { part: name });
        limit = Math.min(usual, SHORT_LIMIT);
      }
    } catch (error) {
      failures.push(error);
      log.error('a part of the controller cannot be ended', { part: name, reason: messageOf(error) });
    }
  }
  if (failures.length > 0) throw failures[0];
}
