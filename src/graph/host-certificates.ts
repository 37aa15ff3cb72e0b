/** Which certificate each host serves, looked up again only where a Secret or the host is another one. */
import type { Snapshot } from '../cluster/snapshot.ts';
import { chunksOf, createJoin, keepChunks } from '../lib/chunks.ts';
import type { Chunk } from '../lib/chunks.ts';
import { sameItems } from '../lib/memo.ts';
import { memoizeSliced } from '../lib/slices.ts';
import type { Sliced } from '../lib/slices.ts';
import type { Result } from '../lib/result.ts';
import type { ObjectKey, Secret } from '../source/objects.ts';
import { chooseCertificate, covers, parseCertificate } from './certificates.ts';
import type { Certificate, GraphHost, HostCertificate } from './graph.ts';
import type { HostNames } from './host-names.ts';

type Secrets = Snapshot['secrets'];

interface Entry {
  /** Of the Secrets that the owner of the TLS settings names. */
  readonly keys: readonly ObjectKey[];
  readonly secrets: readonly (Secret | undefined)[];
  readonly chosen: HostCertificate;
}

/** The hosts of a chunk that have TLS. */
interface Part {
  /** When it was looked at last. */
  readonly secrets: Secrets;
  /** Keys of all Secrets that are named, each once, and what they stood for. */
  readonly keys: readonly ObjectKey[];
  readonly used: readonly (Secret | undefined)[];
  readonly entries: readonly (readonly [GraphHost, Entry])[];
  readonly chosen: readonly HostCertificate[];
}

export interface CertificateChooser {
  choose(names: HostNames, secrets: Secrets): Sliced<readonly HostCertificate[]>;
  /** Null for a Secret without a usable certificate. */
  parse(secret: Secret): Certificate | null;
}

export function createCertificateChooser(): CertificateChooser {
  const parsed = new WeakMap<Secret, Result<Certificate>>();
  const entries = new WeakMap<GraphHost, Entry>();
  const parts = new WeakMap<Chunk<GraphHost>, Part>();
  const join = createJoin<HostCertificate>();
  // Where a host without TLS came or went, the others serve what they served.
  const keep = keepChunks<HostCertificate>(
    ({ host }) => host,
    (a, b) => a === b,
  );

  function parse(secret: Secret): Result<Certificate> {
    const known = parsed.get(secret) ?? parseCertificate(secret);
    parsed.set(secret, known);
    return known;
  }

  function entryOf(host: GraphHost, keys: readonly ObjectKey[], secrets: Secrets): Entry {
    const owner = host.tlsOwner;
    const used = keys.map((key) => secrets.get(key));
    const known = entries.get(host);
    if (known !== undefined && sameItems(known.secrets, used)) return known;
    const chosen =
      owner === null
        ? { host: host.name, certificate: null, problems: [] }
        : chooseCertificate(host.name, owner, (key) => {
            const secret = secrets.get(key);
            return secret === undefined ? undefined : parse(secret);
          });
    const entry = { keys, secrets: used, chosen };
    entries.set(host, entry);
    return entry;
  }

  function newPart(hosts: Chunk<GraphHost>, secrets: Secrets): Part {
    const found = hosts
      .filter(({ tlsOwner }) => tlsOwner !== null)
      .map((host) => [host, entryOf(host, keysOf(host), secrets)] as const);
    return partOf({ keys: [...new Set(found.flatMap(([, { keys }]) => keys))], entries: found }, secrets);
  }

  function nextPart(known: Part, secrets: Secrets): Part {
    if (known.secrets === secrets) return known;
    const changed = known.keys.filter((key, at) => secrets.get(key) !== known.used[at]);
    if (changed.length === 0) return { ...known, secrets };
    const found = known.entries.map((entry) => {
      const [host, { keys }] = entry;
      if (!keys.some((key) => changed.includes(key))) return entry;
      return [host, entryOf(host, keys, secrets)] as const;
    });
    return partOf({ keys: known.keys, entries: found }, secrets);
  }

  function* choose(names: HostNames, secrets: Secrets): Sliced<readonly HostCertificate[]> {
    const found: (readonly HostCertificate[])[] = [];
    for (const hosts of chunksOf(names.hosts)) {
      const known = parts.get(hosts);
      const part = known === undefined ? newPart(hosts, secrets) : nextPart(known, secrets);
      parts.set(hosts, part);
      found.push(part.chosen);
      yield;
    }
    return join(keep([...found, otherNames(found, names)]));
  }

  return {
    choose: memoizeSliced(choose),
    parse(secret) {
      const result = parse(secret);
      return result.ok ? result.value : null;
    },
  };
}

/** The Secrets that the owner of the TLS settings of a host names. */
function keysOf({ tlsOwner }: GraphHost): readonly ObjectKey[] {
  return tlsOwner === null ? [] : tlsOwner.tls.map(({ secretName }) => `${tlsOwner.namespace}/${secretName}`);
}

function partOf({ keys, entries }: Pick<Part, 'keys' | 'entries'>, secrets: Secrets): Part {
  const used = keys.map((key) => secrets.get(key));
  return { secrets, keys, used, entries, chosen: entries.map(([, { chosen }]) => chosen) };
}

/** Only what the certificate of the host covers: others get the default one (compat/behaviour.md section 11). */
function otherNames(
  found: readonly (readonly HostCertificate[])[],
  { aliased, redirects }: HostNames,
): readonly HostCertificate[] {
  if (aliased.length + redirects.length === 0) return [];
  const chosen = new Map(found.flat().map(({ host, certificate }) => [host, certificate]));
  const named = (name: string, of: string): readonly HostCertificate[] => {
    const certificate = chosen.get(of) ?? null;
    return certificate !== null && covers(certificate, name)
      ? [{ host: name, certificate, problems: [] }]
      : [];
  };
  return [
    ...aliased.flatMap(({ name, aliases }) => aliases.flatMap((alias) => named(alias, name))),
    ...redirects.flatMap(({ from, to }) => named(from, to)),
  ];
}
