/** How nginx is started: so that neither it nor its workers can read what only the controller needs. */
import { execa } from 'execa';
import type { Logger } from '../lib/log.ts';

export interface ConfineOptions {
  readonly binary: string;
  /** The program of image/confine.c, or null. */
  readonly confine: string | null;
  readonly log: Logger;
}

/** The service account's token, and the environment and memory of the controller, which has the same user. */
const HIDDEN = ['/var/run/secrets', '/proc'];

/** The words of a command line that starts nginx. Where the kernel cannot confine it, nginx by itself. */
export async function nginxCommand({
  binary,
  confine,
  log,
}: ConfineOptions): Promise<readonly [string, ...string[]]> {
  if (confine === null) return [binary];
  const rest = [...HIDDEN.flatMap((path) => ['--hide', path]), '--'];
  const trial = await execa(confine, [...rest, 'true'], { reject: false, all: true });
  if (trial.exitCode === 0) {
    log.info('nginx is confined: it cannot read what only the controller needs', {
      hidden: HIDDEN.join(' '),
    });
    return [confine, ...rest, binary];
  }
  log.warn('nginx is not confined: it could read the token of the service account', {
    reason: trial.all === '' ? (trial.shortMessage ?? '') : trial.all,
  });
  return [binary];
}
