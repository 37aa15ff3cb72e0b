import { createServer } from 'node:net';

export interface WantedPort {
  readonly flag: string;
  readonly port: number;
  /** Absent: all addresses. */
  readonly host?: string;
}

/** Binds each port once. @throws with the flag of the first port that cannot be had. */
export async function assertPortsFree(ports: readonly WantedPort[]): Promise<void> {
  const flags = new Map<number, string>();
  for (const wanted of ports) {
    const other = flags.get(wanted.port);
    if (other !== undefined) {
      throw new Error(
        `--${other} and --${wanted.flag} name the same port ${wanted.port}; choose another for one`,
      );
    }
    flags.set(wanted.port, wanted.flag);
    await assertPortFree(wanted);
  }
}

function assertPortFree({ flag, port, host }: WantedPort): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain({ flag, port }, error)));
    const listening = () => server.close(() => resolve());
    if (host === undefined) server.listen({ port, exclusive: true }, listening);
    else server.listen({ port, host, exclusive: true }, listening);
  });
}

function explain({ flag, port }: WantedPort, error: NodeJS.ErrnoException): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new Error(
        `port ${port} is already in use; stop what listens there, or choose another with --${flag}`,
      );
    case 'EACCES':
      return new Error(
        `no permission to listen on port ${port}; run as root, or choose a port above 1023 with --${flag}`,
      );
    default:
      return new Error(`port ${port} (--${flag}) cannot be listened on: ${error.message}`);
  }
}
