// Three tiny web servers that say who they are; examples/endpoints.yaml points to them.
import { createServer } from 'node:http';

const names = new Map([
  [9001, 'web'],
  [9002, 'shop'],
  [9003, 'wordpress'],
]);

function answer(name, request, response) {
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  const headers = Object.entries(request.headers).map(([key, value]) => `${key}: ${value}`);
  response.end(
    [`This is the demo backend "${name}".`, `${request.method} ${request.url}`, ...headers, ''].join('\n'),
  );
}

/** Listens on loopback only. Rejects with a message that names the port. */
export async function startDemoBackends() {
  const servers = [];
  for (const [port, name] of names) {
    const server = createServer((request, response) => answer(name, request, response));
    await new Promise((resolve, reject) => {
      server.once('error', (error) => reject(new Error(`port ${port} for "${name}": ${error.message}`)));
      server.listen(port, '127.0.0.1', resolve);
    });
    servers.push(server);
  }
  return servers;
}
