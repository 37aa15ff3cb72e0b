/** What workers hold in memory and learn without a reload: endpoints and certificates. */
import type { Backend, Certificate, Graph, HostCertificate } from '../graph/graph.ts';
import { chunksOf, joined, perChunk, resorted } from '../lib/chunks.ts';
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

/** What some hosts serve. */
interface HostsPart {
  readonly names: LivePart;
  readonly certificates: ReadonlySet<Certificate>;
}

interface Named {
  readonly entries: readonly HostCertificate[];
  readonly names: LivePart;
}

/** The value of a host that has TLS but no usable certificate of its own. */
export const DEFAULT_CERTIFICATE = '-';

export function createLiveBuilder(): LiveBuilder {
  const parts = new WeakMap<Chunk<Backend>, LivePart>();
  const defaultOf = memoizeLast((certificate: Certificate | null): readonly HostCertificate[] =>
    joined(certificate === null ? [] : [[{ host: '_', certificate, problems: [] }]]),
  );
  // A certificate that is renewed is another value of the same key, which hosts go on to name.
  const lastNames = new Map<string, Named>();
  const namesOf = perChunk((entries: readonly HostCertificate[]): HostsPart => {
    const first = entries[0]?.host ?? '';
    const last = lastNames.get(first);
    const names = last !== undefined && saysSame(last.entries, entries) ? last.names : namesIn(entries);
    lastNames.set(first, { entries, names });
    return { names, certificates: new Set(entries.flatMap(({ certificate }) => certificate ?? [])) };
  });
  let served: readonly Certificate[] = [];
  const pemOf = perChunk(
    (certificates: readonly Certificate[]): LivePart =>
      new Map(certificates.map(({ key, pem }) => [`certificate:${key}`, pem])),
  );

  const certificateParts = memoizeSliced(function* certificateParts(
    certificates: readonly HostCertificate[],
    fallback: Certificate | null,
  ): Sliced<readonly LivePart[]> {
    const parts = [...(yield* namesOf(certificates)), ...(yield* namesOf(defaultOf(fallback)))];
    const now = new Set(parts.flatMap((part) => [...part.certificates]));
    forgetAllBut(lastNames, new Set(chunksOf(certificates).map(([entry]) => entry?.host ?? '')));
    const removed = served.filter((certificate) => !now.delete(certificate));
    served = resorted(served, { removed, added: [...now] }, byKey);
    return [...parts.map(({ names }) => names), ...(yield* pemOf(served))];
  });

  function partOf(backends: Chunk<Backend>, nameOf: NameOf): LivePart {
    // Names of other backends stand in routes, and may change without this one.
    const known = backends.some(({ routes }) => routes.length > 0) ? undefined : parts.get(backends);
    if (known !== undefined) return known;
    const part = new Map(
      backends.map((backend) => [`backend:${backend.name}`, describeBackend(backend, nameOf)]),
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
      return [...ofBackends, ...(yield* certificateParts(graph.certificates, graph.defaultCertificate))];
    },
  };
}

function forgetAllBut(memo: Map<string, Named>, firsts: ReadonlySet<string>): void {
  for (const first of memo.keys()) if (!firsts.has(first)) memo.delete(first);
}

function namesIn(entries: readonly HostCertificate[]): LivePart {
  return new Map(entries.map((entry) => [`host:${entry.host}`, keyOf(entry)]));
}

function saysSame(last: readonly HostCertificate[], entries: readonly HostCertificate[]): boolean {
  if (last.length !== entries.length) return false;
  return entries.every((entry, at) => {
    const other = last[at];
    return other !== undefined && entry.host === other.host && keyOf(entry) === keyOf(other);
  });
}

function keyOf({ certificate }: HostCertificate): string {
  return certificate?.key ?? DEFAULT_CERTIFICATE;
}

const byKey = (a: Certificate, b: Certificate) => compareText(a.key, b.key);
