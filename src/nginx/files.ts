/** From a model to the bytes of nginx.conf. A server that is unchanged keeps its bytes by identity. */
import { createHash } from 'node:crypto';
import { joined, perChunkInSlices } from '../lib/chunks.ts';
import { memoizeLast, sameItems } from '../lib/memo.ts';
import { inSlices } from '../lib/slices.ts';
import type { Sliced } from '../lib/slices.ts';
import type { Model, Server, SideFile } from '../model/model.ts';
import { UnrenderableServer, blame } from './blame.ts';
import type { Environment } from './environment.ts';
import { countLines } from './generation.ts';
import type { Fragment, Generation } from './generation.ts';
import { headView, tailView } from './http-view.ts';
import { assertServerText } from './shape.ts';
import { filesOfServers, sharedFiles } from './side-files.ts';
import { withoutTwice } from './once.ts';
import { streamView } from './stream-view.ts';
import type { Templates } from './templates.ts';
import { aroundServers, serverView } from './views.ts';
import type { Around } from './views.ts';

export interface Renderer {
  /** @throws UnrenderableServer when a text is not what the model asked for. What was rendered before stays as it is. */
  render(model: Model): Promise<Generation>;
}

/** What some servers are made into. */
interface Part {
  readonly fragments: readonly Fragment[];
  readonly digests: Buffer;
  readonly files: readonly SideFile[];
}

export function createRenderer(templates: Templates, environment: Environment): Renderer {
  let fragments = new WeakMap<Server, Fragment>();

  function render(server: Server, around: Around): Fragment {
    try {
      return renderUnguarded(server, around);
    } catch (error) {
      const ingresses = blame(server, (part) => renderUnguarded(part, around));
      throw new UnrenderableServer(error, { host: server.host, ingresses });
    }
  }

  function renderUnguarded(server: Server, around: Around): Fragment {
    const text = templates.server(serverView(server, around));
    assertServerText(text, server, templates.own);
    return { server, text: Buffer.from(text), lines: countLines(text), digest: digestOf(text) };
  }

  function* renderPart(servers: readonly Server[], around: Around): Sliced<Part> {
    const rendered: Fragment[] = [];
    for (const server of servers) {
      const fragment = fragments.get(server) ?? render(server, around);
      fragments.set(server, fragment);
      rendered.push(fragment);
      yield;
    }
    return {
      fragments: rendered,
      digests: Buffer.concat(rendered.map(({ digest }) => digest)),
      files: filesOfServers(servers),
    };
  }

  // The text of a server also shows a few settings; it is made anew when any of them changes.
  const partsOf = memoizeLast(
    (http: Model['http']) => {
      fragments = new WeakMap();
      const around = aroundServers(http, environment);
      return perChunkInSlices((servers: readonly Server[]) => renderPart(servers, around));
    },
    ({ settings, tls, headers }) => [settings, tls.contexts, headers],
  );

  let last: { readonly inputs: readonly unknown[]; readonly generation: Generation } | null = null;

  async function renderAnew(model: Model): Promise<Generation> {
    const parts = await inSlices(partsOf(model.http)(model.servers));
    const { head, tail, stream } = renderFrame(model, templates, environment);
    const digests = parts.map((part) => part.digests);
    const files = [...sharedFiles(model.http.tls), ...parts.flatMap((part) => part.files)];
    // Files of Secrets keep their names.
    const contents = files.flatMap(({ folder, content }) =>
      folder === 'secret' ? [contentDigest(content)] : [],
    );
    const checksum = checksumOf([
      Buffer.from(head),
      ...digests,
      Buffer.from(tail),
      Buffer.from(stream),
      ...contents,
    ]);
    return {
      checksum,
      head: Buffer.from(head),
      servers: joined(parts.map((part) => part.fragments)),
      tail: Buffer.from(templates.tail(tailView(environment, checksum, model.http))),
      stream: Buffer.from(stream),
      files,
    };
  }

  return {
    async render(model) {
      // Endpoints and certificates change most often, and nothing of this with them.
      const inputs = [model.http, model.servers, model.redirects, model.limitGroups, model.stream];
      if (last !== null && sameItems(last.inputs, inputs)) return last.generation;
      const generation = await renderAnew(model);
      last = { inputs, generation };
      return generation;
    },
  };
}

/** Everything around the servers. @throws UnrenderableFrame */
function renderFrame(model: Model, templates: Templates, environment: Environment) {
  const { mainSnippet, httpSnippet, streamSnippet } = model.http.settings;
  const head = withoutTwice(templates['nginx.conf'](headView(model, environment)), httpSnippet);
  // Nothing else of it depends on the checksum.
  const tail = templates.tail(tailView(environment, '0', model.http));
  const stream = templates.stream(streamView(model, environment));
  const streamPiece = model.stream.snippets.map(({ text }) => text);
  const ofStream = stream === '' ? {} : { streamSnippet, streamPiece };
  templates.assertFrame(head + tail + stream, {
    redirects: model.redirects.map(({ from }) => from),
    snippets: { mainSnippet, httpSnippet, ...ofStream },
  });
  return { head, tail, stream };
}

function contentDigest(content: Buffer): Buffer {
  return createHash('sha256').update(content).digest();
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
