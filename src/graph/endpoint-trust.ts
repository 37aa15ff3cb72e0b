/** Whom endpoints that speak TLS must come from, and what they are shown, as annotations say it. */
import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import type { ObjectKey } from '../source/objects.ts';
import { checkReference } from './foreign.ts';
import type { EndpointTrust, ParsedIngress, References } from './graph.ts';
import { warning } from './problems.ts';
import type { Problem } from './problems.ts';
import type { Found, ReferenceContext } from './references.ts';

/** What the Secret of proxy-ssl-secret holds (compat/annotations.md, cross-cutting rules 7 and 8). */
export function endpointTrustOf(
  ingress: ParsedIngress,
  context: ReferenceContext,
): Found<References['endpointTrust']> {
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

function trustIn(ingress: ParsedIngress, key: ObjectKey, context: ReferenceContext): Result<EndpointTrust> {
  const malformed = 'is not the name of a Secret; write "namespace/name"';
  const named = checkReference({ key, namespace: ingress.namespace, malformed }, context.foreign);
  if (!named.ok) return named;
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
