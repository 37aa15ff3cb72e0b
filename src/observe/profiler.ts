/**
 * What the profiler port of ingress-nginx is for, in the formats of Node (compat/flags.md, "HTTP endpoints"): a CPU profile and a heap
 * snapshot, both of which the developer tools of Chrome open.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Session } from 'node:inspector/promises';
import { setTimeout } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { getHeapSnapshot } from 'node:v8';

export interface ProfilerOptions {
  readonly host: string;
  readonly port: number;
  /** A heap holds private keys and the token of the service account. */
  readonly heap: 'shown' | 'withheld';
  /** Default: that of this process. */
  readonly snapshot?: () => Readable;
}

export interface ProfilerServer {
  readonly port: number;
  close(): Promise<void>;
}

const USUAL_SECONDS = 30;
const MOST_SECONDS = 300;

const INDEX = `/debug/pprof/profile?seconds=N   CPU profile of N seconds (30), to be opened as .cpuprofile
/debug/pprof/heap                heap snapshot, to be opened as .heapsnapshot; only when --profiling is given
`;

/** @throws when the port cannot be bound. */
export async function startProfiler(options: ProfilerOptions): Promise<ProfilerServer> {
  const stopping = new AbortController();
  const turn = { taken: false };
  const server = createServer((request, response) => {
    answer({ request, response, options, turn, stopping: stopping.signal }).catch(() => response.destroy());
  });
  const port = await listen(server, options);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        stopping.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, { host, port }: ProfilerOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly options: ProfilerOptions;
  /** One profile at a time: they would measure each other. */
  readonly turn: { taken: boolean };
  readonly stopping: AbortSignal;
}

async function answer(asked: Asked): Promise<void> {
  const { request, response, turn } = asked;
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  if (request.method !== 'GET') return plain(response, 405, 'GET only\n');
  if (/^\/debug\/pprof\/?$/.test(pathname)) return plain(response, 200, INDEX);
  if (pathname !== '/debug/pprof/profile' && pathname !== '/debug/pprof/heap')
    return plain(response, 404, '404 page not found\n');
  if (turn.taken) return plain(response, 503, 'another profile is being made; ask again when it is done\n');
  turn.taken = true;
  try {
    await (pathname === '/debug/pprof/heap' ? heap(asked) : profile(asked, searchParams.get('seconds')));
  } finally {
    turn.taken = false;
  }
}

async function profile({ response, stopping }: Asked, text: string | null): Promise<void> {
  const seconds = text === null ? USUAL_SECONDS : Number(text);
  if (!(seconds > 0) || seconds > MOST_SECONDS)
    return plain(response, 400, `seconds must be a number above 0, at most ${MOST_SECONDS}\n`);
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
    const signal = AbortSignal.any([gone.signal, stopping]);
    await setTimeout(seconds * 1000, undefined, { signal }).catch(() => undefined);
    const { profile } = await session.post('Profiler.stop');
    if (!response.destroyed) attach(response, 'profile.cpuprofile').end(JSON.stringify(profile));
  } finally {
    session.disconnect();
  }
}

async function heap({ response, options }: Asked): Promise<void> {
  if (options.heap === 'withheld')
    return plain(
      response,
      403,
      'a heap holds private keys; start the controller with --profiling to have it shown\n',
    );
  await pipeline((options.snapshot ?? getHeapSnapshot)(), attach(response, 'heap.heapsnapshot'));
}

function attach(response: ServerResponse, name: string): ServerResponse {
  return response.writeHead(200, {
    'content-type': 'application/json',
    'content-disposition': `attachment; filename="${name}"`,
  });
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}
