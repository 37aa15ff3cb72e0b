/** What a command may touch besides the API server. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** A failure in words for the user; the exit status is 1. */
export class Failure extends Error {
  override readonly name = 'Failure';
}
