/** kubectl does what needs a connection to a container. */
import { execa } from 'execa';
import { kubectlFlags, parseTimeout } from './client-flags.ts';
import type { ClientFlags } from './client-flags.ts';
import { Failure } from './io.ts';
import type { Io } from './io.ts';

export interface Target {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** What a program in the container writes, within `--request-timeout`. @throws Failure with what kubectl says. */
export async function capture(
  target: Target,
  words: readonly string[],
  { flags, io }: { readonly flags: ClientFlags; readonly io: Io },
): Promise<string> {
  const args = [...kubectlFlags(flags), 'exec', ...targetFlags(target), target.pod, '--', ...words];
  const { requestTimeout = '0' } = flags;
  const result = await execa('kubectl', args, {
    ...settings(io),
    stdin: 'ignore',
    stripFinalNewline: false,
    timeout: parseTimeout(requestTimeout),
  });
  if (result.timedOut)
    throw new Failure(
      `kubectl exec into pod ${target.pod} has not ended within ${requestTimeout} (--request-timeout)`,
    );
  if (result.failed) throw new Failure((result.stderr || missing(result)).trim());
  return result.stdout;
}

/** kubectl with the terminal; resolves to its exit status. */
export async function handOver(args: readonly string[], io: Io): Promise<number> {
  // A signal of the terminal reaches kubectl, too, which decides what it means.
  const ignore = () => undefined;
  process.on('SIGINT', ignore);
  try {
    const result = await execa('kubectl', args, { ...settings(io), stdio: 'inherit' });
    if (result.exitCode === undefined && result.signal === undefined) throw new Failure(missing(result));
    return result.exitCode ?? 1;
  } finally {
    process.off('SIGINT', ignore);
  }
}

export function targetFlags({ namespace, container }: Target): readonly string[] {
  return ['-n', namespace, '-c', container];
}

function settings(io: Io) {
  return { env: { ...io.env }, extendEnv: false, reject: false, cleanup: true } as const;
}

function missing({ shortMessage }: { readonly shortMessage?: string | undefined }): string {
  return `kubectl cannot be run: ${shortMessage ?? 'it is not there'}`;
}
