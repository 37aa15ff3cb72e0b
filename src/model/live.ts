/** What workers hold in memory and learn without a reload: endpoints, certificates, and who may log in. */
import type { Backend, Certificate, Graph, HostCertificate, UserList } from '../graph/graph.ts';
import { chunksOf, joined, keepChunks, perChunk, resorted } from '../lib/chunks.ts';
import type { Chunk } from '../lib/chunks.ts';
import { compareText } from '../lib/keys.ts';
import { memoizeLast } from '../lib/memo.ts';
import { memoizeSliced } from '../lib/slices.ts';
import type { Sliced } from '../lib/slices.ts';
import { describeBackend } from './live-backend.ts';
import type { NameOf } from './live-backend.ts';
import type { LivePart, LiveState } from './model.ts';

export interface LiveBuilder {
  build(graph: Graph): Sliced<LiveState>;
}

/** Which certificate a host names. */
interface Name {
  readonly host: string;
  readonly key: string;
}

/** The value of a host that has TLS but no usable certificate of its own. */
export const DEFAULT_CERTIFICATE = '-';

export function createLiveBuilder(): LiveBuilder {
  const parts = new WeakMap<Chunk<Backend>, LivePart>();
  const defaultOf = memoizeLast((certificate: Certificate | null): readonly HostCertificate[] =>
    joined(certificate === null ? [] : [[{ host: '_', certificate, problems: [] }]]),
  );
  // A certificate that is renewed is another value of the same key, which hosts go on to name.
  const namesIn = perChunk((entries: readonly HostCertificate[]) => entries.map(nameOf));
  const keepNames = keepChunks<Name>(
    ({ host }) => host,
    (a, b) => a.host === b.host && a.key === b.key,
  );
  const namesOf = perChunk(
    (names: readonly Name[]): LivePart => new Map(names.map(({ host, key }) => [`host:${host}`, key])),
  );
  const servedBy = perChunk((entries: readonly HostCertificate[]) =>
    Array.from(new Set(entries.flatMap(({ certificate }) => certificate ?? []))),
  );
  let served: readonly Certificate[] = [];
  const pemOf = perChunk(
    (certificates: readonly Certificate[]): LivePart =>
      new Map(certificates.map(({ key, pem }) => [`certificate:${key}`, pem])),
  );

  const usersPart = memoizeLast(partOfUsers);

  const certificateParts = memoizeSliced(function* certificateParts(
    certificates: readonly HostCertificate[],
    fallback: Certificate | null,
  ): Sliced<readonly LivePart[]> {
    const chunks = [...chunksOf(certificates), ...chunksOf(defaultOf(fallback))];
    const all = joined(chunks);
    const names = yield* namesOf(joined(keepNames(yield* namesIn(all))));
    const now = new Set((yield* servedBy(all)).flat());
    const removed = served.filter((certificate) => !now.delete(certificate));
    served = resorted(served, { removed, added: [...now] }, byKey);
    return [...names, ...(yield* pemOf(served))];
  });

  function partOf(backends: Chunk<Backend>, backendName: NameOf): LivePart {
    // Names of other backends stand in routes, and may change without this one.
    const known = backends.some(({ routes }) => routes.length > 0) ? undefined : parts.get(backends);
    if (known !== undefined) return known;
    const part = new Map(
      backends.map((backend) => [`backend:${backend.name}`, describeBackend(backend, backendName)]),
    );
    parts.set(backends, part);
    return part;
  }

  return {
    *build(graph) {
      const ofBackends: LivePart[] = [];
      for (const chunk of chunksOf(graph.backends)) {
        ofBackends.push(partOf(chunk, graph.backendName));
        yield;
      }
      const ofCertificates = yield* certificateParts(graph.certificates, graph.defaultCertificate);
      return [...ofBackends, ...ofCertificates, usersPart(graph.userLists)];
    },
  };
}

/** Keys that lead nowhere are told, too: a list that is gone must not be used until the next reload. */
function partOfUsers(lists: Graph['userLists']): LivePart {
  const digestOf = (list: UserList) => (list.state === 'usable' ? list.digest : '');
  const texts = Array.from(lists.values()).flatMap((list) =>
    list.state === 'usable' ? [[`list:${list.digest}`, list.text] as const] : [],
  );
  // Lists before the keys that lead to them.
  return new Map([
    ...texts,
    ...Array.from(lists, ([key, list]) => [`users:${key}`, digestOf(list)] as const),
  ]);
}

function nameOf({ host, certificate }: HostCertificate): Name {
  return { host, key: certificate?.key ?? DEFAULT_CERTIFICATE };
}

const byKey = (a: Certificate, b: Certificate) => compareText(a.key, b.key);
