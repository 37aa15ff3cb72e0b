/** The thread that tells nginx addresses of endpoints: sessions need not wait while the controller is busy. */
import { createSocket } from 'node:dgram';
import { parentPort, workerData } from 'node:worker_threads';
import { answerTo } from './endpoint-answers.ts';
import type { EndpointNames } from '../model/model.ts';

/** What the thread is given. */
export interface Told {
  readonly number: number;
  readonly names: EndpointNames;
}

export interface ThreadStart extends Told {
  /** 0: any. */
  readonly port: number;
}

/** What it says: where it listens, once; then the number of what it knows now. */
export type Said =
  | { readonly kind: 'listens'; readonly port: number }
  | { readonly kind: 'knows'; readonly number: number };

const LOOPBACK = /^127\./;

function serve({ port, names: first }: ThreadStart, say: (said: Said) => void): (told: Told) => void {
  let names = first;
  const socket = createSocket('udp4');
  // An error ends the thread, and another one is started.
  socket.on('message', (query, from) => {
    if (!LOOPBACK.test(from.address)) return;
    const answer = answerTo(query, names);
    // Who does not listen any more asks again.
    if (answer !== null) socket.send(answer, from.port, from.address, () => undefined);
  });
  socket.bind({ port, address: '127.0.0.1', exclusive: true }, () =>
    say({ kind: 'listens', port: socket.address().port }),
  );
  return (told) => {
    names = told.names;
    say({ kind: 'knows', number: told.number });
  };
}

if (parentPort !== null) {
  const port = parentPort;
  const tell = serve(workerData as ThreadStart, (said) => port.postMessage(said));
  port.on('message', tell);
}
