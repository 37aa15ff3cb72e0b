/** From a model to the bytes of nginx.conf. A server that is unchanged keeps its bytes by identity. */
import { createHash } from 'node:crypto';
import { memoizeLast, sameItems } from '../lib/memo.ts';
import { inSlices, mapped } from '../lib/slices.ts';
import type { Sliced } from '../lib/slices.ts';
import type { HttpTls, Model, Server } from '../model/model.ts';
import { UnrenderableServer, blame } from './blame.ts';
import type { Environment } from './environment.ts';
import { countLines } from './generation.ts';
import type { Fragment, Generation } from './generation.ts';
import { headView, tailView } from './http-view.ts';
import { assertServerText } from './shape.ts';
import { sideFilesOf } from './side-files.ts';
import type { Templates } from './templates.ts';
import { serverView } from './views.ts';

export interface Renderer {
  /** @throws UnrenderableServer when a text is not what the model asked for. What was rendered before stays as it is. */
  render(model: Model): Promise<Generation>;
}

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
    return { server, text: Buffer.from(text), lines: countLines(text), digest: digestOf(text) };
  }

  function* renderServers(model: Model): Sliced<readonly Fragment[]> {
    // The text of a server also shows a few settings; it is made anew when any of them changes.
    if (model.http.settings !== settings || model.http.tls.contexts !== contexts) {
      fragments = new WeakMap();
      settings = model.http.settings;
      contexts = model.http.tls.contexts;
    }
    return yield* mapped(model.servers, (server) => {
      const fragment = fragments.get(server) ?? render(server, model.http);
      fragments.set(server, fragment);
      return fragment;
    });
  }

  let last: { readonly inputs: readonly unknown[]; readonly generation: Generation } | null = null;

  async function renderAnew(model: Model): Promise<Generation> {
    const servers = await inSlices(renderServers(model));
    const head = Buffer.from(templates['nginx.conf'](headView(model, environment)));
    const checksum = checksumOf([
      head,
      ...servers.map(({ digest }) => digest),
      Buffer.from(templates.tail(tailView(environment, '0'))),
    ]);
    const tail = Buffer.from(templates.tail(tailView(environment, checksum)));
    return { checksum, head, servers, tail, files: filesOf(model) };
  }

  return {
    async render(model) {
      // Endpoints and certificates change most often, and nothing of this with them.
      const inputs = [model.http, model.servers, model.redirects, model.limitGroups];
      if (last !== null && sameItems(last.inputs, inputs)) return last.generation;
      const generation = await renderAnew(model);
      last = { inputs, generation };
      return generation;
    },
  };
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, 16);
}

/** Decimal digits, as scripts look for them (compat/nginx-conf.md section 1). */
function checksumOf(parts: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest().readBigUInt64BE().toString();
}
