/**
 * What annotations refer to: Secrets and ConfigMaps that say more than the Ingress itself. An Ingress with such a reference is replaced
 * by one that knows what the objects say, so that all that follows from it keeps its identity as long as these do not change.
 */
import { sameItems } from '../lib/memo.ts';
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import type { ConfigMap, ObjectKey, Secret } from '../source/objects.ts';
import { parseEndpointIdentity } from './backend-tls.ts';
import type { EndpointIdentity } from './backend-tls.ts';
import type { Part } from './collect.ts';
import { fileNames } from './file-names.ts';
import type { EndpointTrust, ParsedIngress, References } from './graph.ts';
import type { Contribution } from './hosts.ts';
import type { GraphOptions } from './options.ts';
import { warning } from './problems.ts';
import type { Problem } from './problems.ts';

export const NO_REFERENCES: References = Object.freeze({ endpointTrust: null });

/** Whether it has to be looked at again when objects change. */
export function refersToObjects({ annotations }: ParsedIngress): boolean {
  return annotations.backendTls.secret !== null;
}

/** Where it refers to. */
export interface Referents {
  readonly secrets: ReadonlyMap<ObjectKey, Secret>;
  readonly configMaps: ReadonlyMap<ObjectKey, ConfigMap>;
  /** Whether annotations may name objects of other namespaces. */
  readonly foreign: 'allowed' | 'refused';
}

type Resolve = (parts: readonly Part[], referents: Referents) => readonly Part[];

interface Resolution {
  readonly references: References;
  readonly problems: readonly Problem[];
}

interface Resolved {
  readonly inputs: readonly unknown[];
  readonly ingress: ParsedIngress;
  readonly problems: readonly Problem[];
}

interface Context extends Referents {
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

  function resolved(ingress: ParsedIngress, context: Context): Resolved {
    const inputs = inputsOf(ingress, context);
    const before = known.get(ingress);
    if (before !== undefined && sameItems(before.inputs, inputs)) return before;
    const { references, problems } = resolve(ingress, context);
    const isClosed = ingress.state === 'accepted' && references.endpointTrust === 'broken';
    const after = Object.freeze({ ...ingress, references, state: isClosed ? 'denied' : ingress.state });
    const entry: Resolved = { inputs, ingress: after, problems };
    known.set(ingress, entry);
    return entry;
  }

  return (parts, referents) => {
    if (parts.every(({ referring }) => referring.length === 0)) return parts;
    const files = fileNames(endpointSecretsOf(parts), namesOfAuthorities(parts));
    const context: Context = { ...referents, files, annotationsPrefix, identityOf };
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

function inputsOf({ annotations }: ParsedIngress, { secrets, files, foreign }: Context): readonly unknown[] {
  const key = annotations.backendTls.secret ?? '';
  return [foreign, secrets.get(key), files.get(key)];
}

function resolve(ingress: ParsedIngress, context: Context): Resolution {
  const trust = endpointTrustOf(ingress, context);
  const references = { endpointTrust: trust.value };
  return { references: Object.freeze(references), problems: Object.freeze(trust.problems) };
}

interface Outcome<T> {
  readonly value: T;
  readonly problems: readonly Problem[];
}

function endpointTrustOf(ingress: ParsedIngress, context: Context): Outcome<References['endpointTrust']> {
  const { secret: key, verify, name } = ingress.annotations.backendTls;
  if (key === null) return { value: null, problems: [] };
  const tell = (annotation: string, message: string) => {
    const field = `metadata.annotations["${context.annotationsPrefix}/${annotation}"]`;
    return warning('backend-tls-invalid', { object: ingress.ref, field, message });
  };
  const found = trustIn(ingress, key, context);
  if (!found.ok) {
    const message = `Secret ${key} ${found.reason}; all paths of the Ingress answer 503`;
    return { value: 'broken', problems: [tell('proxy-ssl-secret', message)] };
  }
  const problems: Problem[] = [];
  if (!found.value.trusts)
    problems.push(
      tell(
        'proxy-ssl-secret',
        `Secret ${key} holds no "ca.crt", so that its certificate is not shown to endpoints; add one`,
      ),
    );
  if (verify === 'on' && name === null)
    problems.push(
      tell(
        'proxy-ssl-verify',
        'is on without proxy-ssl-name, so that certificates must be for "upstream_balancer"; write proxy-ssl-name',
      ),
    );
  return { value: found.value, problems };
}

function trustIn(ingress: ParsedIngress, key: ObjectKey, context: Context): Result<EndpointTrust> {
  const [namespace, name, ...others] = key.split('/');
  if (namespace === '' || name === undefined || name === '' || others.length > 0)
    return fail('is not the name of a Secret; write "namespace/name"');
  if (namespace !== ingress.namespace && context.foreign === 'refused')
    return fail(
      'is in another namespace, which allow-cross-namespace-resources of the ConfigMap does not allow',
    );
  // What it says may be what nginx refused, and others may rely on it.
  if (ingress.state === 'confined') return fail('is not used while nginx refuses its Ingress');
  const secret = context.secrets.get(key);
  if (secret === undefined) return fail('does not exist');
  const identity = context.identityOf(secret);
  if (!identity.ok) return identity;
  if (!identity.value.trusts && ingress.annotations.backendTls.verify === 'on')
    return fail('holds no "ca.crt", which proxy-ssl-verify needs');
  return ok(Object.freeze({ file: context.files.get(key) ?? '', ...identity.value }));
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
