/** Authorities of clients' certificates, and which of them a host trusts (compat/behaviour.md 6.3 and section 24). */
import { X509Certificate } from 'node:crypto';
// The library's dependency injection needs it first.
import 'reflect-metadata';
import { X509Crl } from '@peculiar/x509';
import { memoizeLast, sameItems } from '../lib/memo.ts';
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import type { ObjectKey, Secret } from '../source/objects.ts';
import { decodeBase64, pemBlocks } from '../text/pem.ts';
import type { ClientAuthAnnotations } from './annotations/client-auth.ts';
import { fileNames } from './file-names.ts';
import { checkReference } from './foreign.ts';
import type { Foreign } from './foreign.ts';
import type { Authority, Host, HostClientAuth, ParsedIngress } from './graph.ts';
import type { GraphOptions } from './options.ts';
import { warning } from './problems.ts';
import type { Problem } from './problems.ts';

export type Secrets = ReadonlyMap<ObjectKey, Secret>;

export interface AuthorityRules {
  /** Whether an Ingress may use a Secret of another namespace. */
  readonly foreignSecrets: Foreign;
}

type Certificates = Pick<Authority, 'certificates' | 'revoked'>;

/** `ca.crt` and, if there is one, `ca.crl`; null for a Secret with a certificate and key only, which trusts nobody. */
export function parseAuthority({ data = {} }: Secret): Result<Certificates | null> {
  const text = decodeBase64(data['ca.crt']);
  if (text === null) {
    return decodeBase64(data['tls.crt']) === null ? fail('holds no "ca.crt"') : ok(null);
  }
  const certificates = blocksOf(text, 'CERTIFICATE');
  if (certificates.length === 0 || !certificates.every(isCertificate))
    return fail('holds a "ca.crt" that is not made of PEM certificates');
  const list = decodeBase64(data['ca.crl']);
  const revoked = list === null ? [] : blocksOf(list, 'X509 CRL');
  if (list !== null && (revoked.length === 0 || !revoked.every(isRevocationList)))
    return fail('holds a "ca.crl" that is not made of PEM lists of revoked certificates');
  return ok(
    Object.freeze({ certificates: joined(certificates), revoked: list === null ? null : joined(revoked) }),
  );
}

function blocksOf(text: string, wanted: string): readonly string[] {
  return pemBlocks(text).flatMap((block) => (block.label === wanted ? [block.text] : []));
}

const joined = (blocks: readonly string[]) => `${blocks.join('\n')}\n`;

function isCertificate(pem: string): boolean {
  return succeeds(() => new X509Certificate(pem));
}

function isRevocationList(pem: string): boolean {
  return succeeds(() => new X509Crl(pem));
}

function succeeds(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

/** By host; hosts where nobody asks for certificates are absent. A value keeps its identity while nothing of it changes. */
export type ClientAuthReader = (
  ingresses: readonly ParsedIngress[],
  secrets: Secrets,
  rules: AuthorityRules,
) => ReadonlyMap<Host, HostClientAuth>;

const NOBODY: ReadonlyMap<Host, HostClientAuth> = new Map();

interface Entry {
  readonly inputs: readonly unknown[];
  readonly value: HostClientAuth;
}

/** An Ingress, and the Secret that it names. */
interface Asking {
  readonly ingress: ParsedIngress;
  readonly key: ObjectKey;
}

export function createClientAuthReader({
  annotationsPrefix,
}: Pick<GraphOptions, 'annotationsPrefix'>): ClientAuthReader {
  const parsed = new WeakMap<Secret, Result<Certificates | null>>();
  let memo = new Map<Host, Entry>();

  function parse(secret: Secret): Result<Certificates | null> {
    const known = parsed.get(secret) ?? parseAuthority(secret);
    parsed.set(secret, known);
    return known;
  }

  function entryOf(host: Host, asking: readonly Asking[], choice: Choice): Entry {
    const { foreignSecrets, secrets, files } = choice;
    const used = asking.flatMap(({ ingress, key }) => [ingress, secrets.get(key), files.get(key)]);
    const inputs = [foreignSecrets, ...used];
    const known = memo.get(host);
    return known !== undefined && sameItems(known.inputs, inputs)
      ? known
      : { inputs, value: choose(asking, choice) };
  }

  function read(
    ingresses: readonly ParsedIngress[],
    secrets: Secrets,
    { foreignSecrets }: AuthorityRules,
  ): ReadonlyMap<Host, HostClientAuth> {
    const asking = ingresses.flatMap(askingOf);
    if (asking.length === 0) return NOBODY;
    const files = fileNames(asking.map(({ key }) => key));
    const choice: Choice = { secrets, files, foreignSecrets, annotationsPrefix, parse };
    memo = new Map(Array.from(byHost(asking), ([host, own]) => [host, entryOf(host, own, choice)]));
    return new Map(Array.from(memo, ([host, { value }]) => [host, value]));
  }

  return memoizeLast(read, (ingresses, secrets, { foreignSecrets }) => [ingresses, secrets, foreignSecrets]);
}

function askingOf(ingress: ParsedIngress): readonly Asking[] {
  const key = ingress.annotations.clientAuth.secret;
  return key === null ? [] : [{ ingress, key }];
}

/** An Ingress that is nothing but a default backend protects what no host matches. */
function byHost(all: readonly Asking[]): ReadonlyMap<Host, readonly Asking[]> {
  const hosts = new Map<Host, Asking[]>();
  for (const asking of all) {
    const { rules, hostsBeyond } = asking.ingress;
    const own = new Set<Host>([...rules.map(({ host }) => host), ...hostsBeyond]);
    for (const host of own.size === 0 ? (['_'] as const) : own)
      hosts.set(host, [...(hosts.get(host) ?? []), asking]);
  }
  return hosts;
}

interface Choice {
  readonly secrets: Secrets;
  readonly files: ReadonlyMap<ObjectKey, string>;
  readonly foreignSecrets: AuthorityRules['foreignSecrets'];
  readonly annotationsPrefix: string;
  readonly parse: (secret: Secret) => Result<Certificates | null>;
}

interface Usable {
  readonly annotations: ClientAuthAnnotations;
  readonly authority: Authority | null;
  readonly owner: ParsedIngress;
}

/** The first with an authority decides, else the first that says anything; one that cannot be read closes the host. */
function choose(all: readonly Asking[], choice: Choice): HostClientAuth {
  const problems: Problem[] = [];
  const usable: Usable[] = [];
  for (const asking of all) {
    const found = authorityOf(asking, choice);
    const { ingress } = asking;
    if (found.ok)
      usable.push({ annotations: ingress.annotations.clientAuth, authority: found.value, owner: ingress });
    else problems.push(problemOf(asking, found.reason, choice));
  }
  const first = usable.find(({ authority }) => authority !== null) ?? usable[0];
  return problems.length > 0 || first === undefined
    ? Object.freeze({ state: 'broken', authority: null, annotations: null, owner: null, problems })
    : Object.freeze({ state: 'usable', ...first, problems });
}

function authorityOf({ ingress, key }: Asking, choice: Choice): Result<Authority | null> {
  const malformed = 'is not the name of a Secret; write "namespace/name"';
  const named = checkReference({ key, namespace: ingress.namespace, malformed }, choice.foreignSecrets);
  if (!named.ok) return named;
  // What it asks of clients may be what nginx refused, and without it the host would be open.
  if (ingress.state === 'confined') return fail('is not used while nginx refuses its Ingress');
  const secret = choice.secrets.get(key);
  if (secret === undefined) return fail('does not exist');
  const parsed = choice.parse(secret);
  if (!parsed.ok || parsed.value === null) return parsed.ok ? ok(null) : parsed;
  return ok(Object.freeze({ file: choice.files.get(key) ?? '', ...parsed.value }));
}

function problemOf({ ingress, key }: Asking, reason: string, { annotationsPrefix }: Choice): Problem {
  const message = `Secret ${key} ${reason}; all paths of its hosts answer 403`;
  const field = `metadata.annotations["${annotationsPrefix}/auth-tls-secret"]`;
  return warning('client-authority-invalid', { object: ingress.ref, field, message });
}
