/**
 * What annotations refer to: Secrets and ConfigMaps that say more than the Ingress itself. An Ingress with such a reference is replaced
 * by one that knows what the objects say, so that all that follows from it keeps its identity as long as these do not change.
 */
import { sameItems } from '../lib/memo.ts';
import type { Result } from '../lib/result.ts';
import type { ConfigMap, ObjectKey, Secret } from '../source/objects.ts';
import { parseEndpointIdentity } from './backend-tls.ts';
import type { EndpointIdentity } from './backend-tls.ts';
import type { Part } from './collect.ts';
import type { Foreign } from './foreign.ts';
import { fileNames } from './file-names.ts';
import { endpointTrustOf } from './endpoint-trust.ts';
import { configMapKeyOf, fastcgiParamsOf } from './fastcgi-params.ts';
import { authHeadersOf, customHeadersOf, headerMapKeysOf } from './header-maps.ts';
import type { ParsedIngress, References } from './graph.ts';
import type { Contribution } from './hosts.ts';
import type { GraphOptions } from './options.ts';
import type { Problem } from './problems.ts';

export const NO_REFERENCES: References = Object.freeze({
  endpointTrust: null,
  fastcgi: Object.freeze([]),
  customHeaders: Object.freeze([]),
  authHeaders: Object.freeze([]),
});

/** Whether it has to be looked at again when objects change. */
export function refersToObjects({ annotations }: ParsedIngress): boolean {
  const { backendTls, fastcgi, headers, externalAuth } = annotations;
  const named = [backendTls.secret, fastcgi.params, headers.custom, externalAuth.proxySetHeaders];
  return named.some((name) => name !== null);
}

/** Where it refers to. */
export interface Referents {
  readonly secrets: ReadonlyMap<ObjectKey, Secret>;
  readonly configMaps: ReadonlyMap<ObjectKey, ConfigMap>;
  /** Whether annotations may name objects of other namespaces. */
  readonly foreign: Foreign;
  /** Names of headers that answers may have. */
  readonly allowedHeaders: readonly string[];
}

type Resolve = (parts: readonly Part[], referents: Referents) => readonly Part[];

/** What became of one reference. */
export interface Found<T> {
  readonly value: T;
  readonly problems: readonly Problem[];
}

interface Resolution {
  readonly references: References;
  readonly problems: readonly Problem[];
}

interface Resolved {
  readonly inputs: readonly unknown[];
  readonly ingress: ParsedIngress;
  readonly problems: readonly Problem[];
}

export interface ReferenceContext extends Referents {
  /** Of Secrets that are read as files. */
  readonly files: ReadonlyMap<ObjectKey, string>;
  readonly annotationsPrefix: string;
  readonly identityOf: (secret: Secret) => Result<EndpointIdentity>;
}

/** @returns parts that differ only where an Ingress refers to something; by identity as long as nothing of that changes. */
export function createReferenceResolver({
  annotationsPrefix,
}: Pick<GraphOptions, 'annotationsPrefix'>): Resolve {
  const identities = new WeakMap<Secret, Result<EndpointIdentity>>();
  const known = new WeakMap<ParsedIngress, Resolved>();
  const replace = createReplacer();

  function identityOf(secret: Secret): Result<EndpointIdentity> {
    const identity = identities.get(secret) ?? parseEndpointIdentity(secret);
    identities.set(secret, identity);
    return identity;
  }

  function resolved(ingress: ParsedIngress, context: ReferenceContext): Resolved {
    const inputs = inputsOf(ingress, context);
    const before = known.get(ingress);
    if (before !== undefined && sameItems(before.inputs, inputs)) return before;
    const { references, problems } = resolve(ingress, context);
    const isBroken = Object.values<unknown>({ ...references }).includes('broken');
    const state = isBroken && ingress.state === 'accepted' ? 'denied' : ingress.state;
    const after = Object.freeze({ ...ingress, references, state });
    const entry: Resolved = { inputs, ingress: after, problems };
    known.set(ingress, entry);
    return entry;
  }

  return (parts, referents) => {
    if (parts.every(({ referring }) => referring.length === 0)) return parts;
    const files = fileNames(endpointSecretsOf(parts), namesOfAuthorities(parts));
    const context: ReferenceContext = { ...referents, files, annotationsPrefix, identityOf };
    return parts.map((part) =>
      part.referring.length === 0
        ? part
        : replace(
            part,
            part.referring.map((ingress) => resolved(ingress, context)),
          ),
    );
  };
}

/** Keys of the Secrets for TLS with endpoints. */
export function endpointSecretsOf(parts: readonly Pick<Part, 'referring'>[]): readonly ObjectKey[] {
  return parts.flatMap(({ referring }) =>
    referring.flatMap(({ annotations }) => annotations.backendTls.secret ?? []),
  );
}

/** A Secret in both roles has two files: what endpoints are shown is none of what clients must come from. */
function namesOfAuthorities(parts: readonly Part[]): Iterable<string> {
  const keys = parts.flatMap(({ clientAuth }) =>
    clientAuth.flatMap(({ annotations }) => annotations.clientAuth.secret ?? []),
  );
  return fileNames(keys).values();
}

function inputsOf(ingress: ParsedIngress, context: ReferenceContext): readonly unknown[] {
  const { secrets, configMaps, files, foreign, allowedHeaders } = context;
  const key = ingress.annotations.backendTls.secret ?? '';
  const params = configMaps.get(configMapKeyOf(ingress) ?? '');
  const headers = headerMapKeysOf(ingress).map((name) => configMaps.get(name));
  return [foreign, allowedHeaders, secrets.get(key), files.get(key), params, ...headers];
}

function resolve(ingress: ParsedIngress, context: ReferenceContext): Resolution {
  const trust = endpointTrustOf(ingress, context);
  const fastcgi = fastcgiParamsOf(ingress, context);
  const custom = customHeadersOf(ingress, context);
  const auth = authHeadersOf(ingress, context);
  return {
    references: Object.freeze({
      endpointTrust: trust.value,
      fastcgi: fastcgi.value,
      customHeaders: custom.value,
      authHeaders: auth.value,
    }),
    problems: [trust, fastcgi, custom, auth].flatMap(({ problems }) => problems),
  };
}

/** The same part with other Ingresses; what is not replaced anew keeps its identity. */
function createReplacer(): (part: Part, resolved: readonly Resolved[]) => Part {
  const parts = new WeakMap<Part, { readonly resolved: readonly Resolved[]; readonly part: Part }>();
  const contributions = new WeakMap<Contribution, Contribution>();

  function contributionOf(before: Contribution, ingress: ParsedIngress): Contribution {
    const known = contributions.get(before);
    if (known?.ingress === ingress) return known;
    const after = { ingress, rule: before.rule };
    contributions.set(before, after);
    return after;
  }

  return (part, resolved) => {
    const known = parts.get(part);
    if (known !== undefined && sameItems(known.resolved, resolved)) return known.part;
    const others = new Map(resolved.map(({ ingress }, at) => [part.referring[at], ingress]));
    const all = (list: readonly ParsedIngress[]) => list.map((ingress) => others.get(ingress) ?? ingress);
    const after: Part = {
      ...part,
      contributions: part.contributions.map((one) => {
        const ingress = others.get(one.ingress);
        return ingress === undefined ? one : contributionOf(one, ingress);
      }),
      catchAll: all(part.catchAll),
      canaries: all(part.canaries),
      clientAuth: all(part.clientAuth),
      limited: all(part.limited),
      referring: all(part.referring),
      problems: [...part.problems, ...resolved.flatMap(({ problems }) => problems)],
    };
    parts.set(part, { resolved, part: after });
    return after;
  };
}
