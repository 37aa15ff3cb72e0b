/** Questions to the running controller, on its own socket. */
import { request } from 'node:http';
import { messageOf } from '../lib/errors.ts';

export interface Answered {
  readonly status: number;
  readonly body: string;
}

const PATIENCE = 30_000;

/** @throws when nobody answers; the message is for the user. */
export function ask(
  socketPath: string,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  const text = new URLSearchParams(query).toString();
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) =>
      reject(new Error(`the controller does not answer on ${socketPath}: ${messageOf(error)}`));
    const asked = request(
      { socketPath, path: text === '' ? path : `${path}?${text}`, timeout: PATIENCE },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', fail);
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') }),
        );
      },
    );
    asked.on('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.on('error', fail);
    asked.end();
  });
}
