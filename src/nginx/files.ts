/** From a model to the bytes of nginx.conf. A server that is unchanged keeps its bytes by identity. */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { memoizeLast } from '../lib/memo.ts';
import type { HttpTls, Model, Server, SideFile } from '../model/model.ts';
import { UnrenderableServer, blame } from './blame.ts';
import type { Environment } from './environment.ts';
import { headView, tailView } from './http-view.ts';
import { assertServerText } from './shape.ts';
import { sideFilesOf } from './side-files.ts';
import type { Templates } from './templates.ts';
import { serverView } from './views.ts';

/** One complete nginx.conf. */
export interface Generation {
  /** Decimal digits; equal for equal content, and what the workers of this generation answer with. */
  readonly checksum: string;
  readonly config: Buffer;
  /** What must lie beside it before nginx reads it. */
  readonly files: readonly SideFile[];
  /** First line of each server's text, ascending, to find the owner of a line that nginx complains about. */
  readonly lines: readonly { readonly line: number; readonly server: Server }[];
}

export interface Renderer {
  /** @throws UnrenderableServer when a text is not what the model asked for. What was rendered before stays as it is. */
  render(model: Model): Promise<Generation>;
}

interface Fragment {
  readonly text: Buffer;
  readonly lines: number;
}

// Servers and locations: about 6 ms of work between two looks at the event loop.
const SLICE = 400;

export function createRenderer(templates: Templates, environment: Environment): Renderer {
  let settings: Model['http']['settings'] | null = null;
  let contexts: HttpTls['contexts'] = 'shared';
  let fragments = new WeakMap<Server, Fragment>();
  const filesOf = memoizeLast(sideFilesOf, ({ http, servers }) => [http, servers]);

  function render(server: Server, http: Model['http']): Fragment {
    try {
      return renderUnguarded(server, http);
    } catch (error) {
      const ingress = blame(server, (part) => renderUnguarded(part, http));
      throw new UnrenderableServer(error, { host: server.host, ingress });
    }
  }

  function renderUnguarded(server: Server, http: Model['http']): Fragment {
    const text = templates.server(serverView(server, environment, http));
    assertServerText(text, server);
    return { text: Buffer.from(text), lines: countLines(text) };
  }

  async function renderServers(model: Model): Promise<readonly Fragment[]> {
    // The text of a server also shows a few settings; it is made anew when any of them changes.
    if (model.http.settings !== settings || model.http.tls.contexts !== contexts) {
      fragments = new WeakMap();
      settings = model.http.settings;
      contexts = model.http.tls.contexts;
    }
    const all: Fragment[] = [];
    let made = 0;
    for (const server of model.servers) {
      let fragment = fragments.get(server);
      if (fragment === undefined) {
        fragment = render(server, model.http);
        fragments.set(server, fragment);
        made += 1 + server.locations.length;
        if (made >= SLICE) {
          made = 0;
          await setImmediate();
        }
      }
      all.push(fragment);
    }
    return all;
  }

  return {
    async render(model) {
      const servers = await renderServers(model);
      const head = templates['nginx.conf'](headView(model, environment));
      const checksum = checksumOf([
        Buffer.from(head),
        ...servers.map((fragment) => fragment.text),
        Buffer.from(templates.tail(tailView(environment, '0'))),
      ]);
      const first = `# Configuration checksum: ${checksum}\n${head}`;
      const tail = templates.tail(tailView(environment, checksum));
      const config = Buffer.concat([
        Buffer.from(first),
        ...servers.map((fragment) => fragment.text),
        Buffer.from(tail),
      ]);
      return {
        checksum,
        config,
        files: filesOf(model),
        lines: locate(model.servers, { fragments: servers, from: countLines(first) + 1 }),
      };
    },
  };
}

/** The server whose text holds a line that nginx names, and the first line of that text; null outside of all servers. */
export function serverAt({ config, lines }: Generation, line: number): Generation['lines'][number] | null {
  const owner = lines.findLast((entry) => entry.line <= line);
  if (owner === undefined) return null;
  const text = config
    .toString()
    .split('\n')
    .slice(owner.line - 1, line - 1);
  return text.some((entry) => entry.startsWith('\t## end server ')) ? null : owner;
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

function locate(
  servers: readonly Server[],
  layout: { readonly fragments: readonly Fragment[]; readonly from: number },
): Generation['lines'] {
  let line = layout.from;
  return servers.map((server, index) => {
    const start = line;
    line += layout.fragments[index]?.lines ?? 0;
    return { line: start, server };
  });
}

/** Decimal digits, as scripts look for them (compat/nginx-conf.md section 1). */
function checksumOf(parts: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest().readBigUInt64BE().toString();
}
