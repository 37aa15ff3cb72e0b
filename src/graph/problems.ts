import type { ObjectRef } from '../source/objects.ts';
import type { BudgetUse } from './budgets.ts';

/**
 * What a user got wrong, as a value. `refused` means that the object (or the named part of it) is not in force and that the
 * admission webhook refuses it; `denied` that all paths of an Ingress answer 503, and that the webhook admits it with a warning, as
 * that of ingress-nginx does (compat/behaviour.md section 9); `warning` that the rest of it is in force.
 */
export interface Problem {
  readonly code: ProblemCode;
  readonly severity: 'refused' | 'denied' | 'warning';
  readonly object: ObjectRef;
  /** Path of the field: `spec.rules[0].http.paths[1].path`. Empty for the object as a whole. */
  readonly field: string;
  /** One sentence: what is wrong, and what to write instead. */
  readonly message: string;
  /** Of `budget-exceeded` only. */
  readonly use?: BudgetUse;
}

/** Every code there is; docs/problems.md explains each. */
export const problemCodes = {
  'name-invalid': 'A name or namespace holds characters that no Kubernetes name may hold.',
  'host-invalid': 'The host of a rule is not a DNS name.',
  'path-invalid':
    'A path cannot be used: wrong characters for its type, no leading slash, or not a regular expression.',
  'path-type-unknown': 'A path has a pathType other than Exact, Prefix and ImplementationSpecific.',
  'backend-invalid': 'A backend names no Service, or a resource, which is not supported.',
  'path-conflict': 'An older Ingress already owns this host, path and type.',
  'alias-conflict': 'An alias is the name, or the alias, of another host.',
  'default-backend-conflict': 'An older Ingress already is the default backend.',
  'catch-all-disabled': 'Default backends are switched off with --disable-catch-all.',
  'annotation-invalid': 'The value of an annotation is not one of those that it takes.',
  'headers-invalid':
    'A ConfigMap with headers does not exist, or holds something that is no header or is not allowed; the Ingress answers 503.',
  'annotation-risk':
    'annotations-risk-level of the ConfigMap does not allow annotations of such a risk; the Ingress is left out.',
  'annotation-blocked':
    'A value holds a word of annotation-value-word-blocklist of the ConfigMap; the Ingress is left out.',
  'snippet-refused':
    'Snippets are switched off by allow-snippet-annotations of the ConfigMap, or one holds a directive that is not allowed.',
  'annotation-deprecated':
    'The annotation has no effect with ingress-nginx either; the message says what to do.',
  'annotation-unknown': 'Nobody knows an annotation of this name.',
  'budget-exceeded':
    'An Ingress, or its namespace, asks for more than --max-paths-per-ingress and its like allow; what is beyond is left out, or answers 503.',
  'canary-unattached': 'No other Ingress has the host, path and pathType of a canary; it gets no requests.',
  'canary-disabled': 'Rules of a canary stand in an Ingress that is none, since "canary" is not "true".',
  'cookie-path-missing':
    'With use-regex and affinity, session-cookie-path is missing: browsers do not send the cookie back, and no session lasts.',
  'service-missing': 'A backend names a Service that does not exist; requests get 503.',
  'service-port-missing': 'A backend names a port that its Service does not have; requests get 503.',
  'address-refused':
    'An endpoint or external name points to an address that must not be reached through the controller.',
  'external-name-disabled': 'ExternalName Services are switched off with --disable-svc-external-name.',
  'secret-missing': 'A TLS Secret does not exist; the default certificate is served.',
  'certificate-invalid':
    'A TLS Secret holds no usable certificate and key; the default certificate is served.',
  'certificate-mismatch':
    'The certificate of a TLS Secret does not cover the host; the default certificate is served.',
  'users-unusable':
    'The Secret of auth-secret cannot be used, so that all paths of the Ingress answer 503; or some of its users cannot log in.',
  'client-authority-invalid':
    'The Secret of auth-tls-secret cannot be used; all paths of the hosts answer 403.',
  'backend-tls-invalid':
    'The Secret of proxy-ssl-secret cannot be used, and all paths of the Ingress answer 503; or something is missing for what it shall do.',
  'fastcgi-params-invalid':
    'The ConfigMap of fastcgi-params-configmap cannot be used; all paths of the Ingress answer 503, unless another namespace is the reason.',
  'passthrough-unusable':
    'TLS connections of a host cannot be handed on undecrypted; they end in nginx as those of other hosts.',
  'stream-service-invalid':
    'An entry of --tcp-services-configmap or --udp-services-configmap cannot be used; its port is not opened.',
  'dh-parameters-invalid':
    'The Secret of ssl-dh-param holds no Diffie-Hellman parameters; DHE ciphers use those of OpenSSL, or none.',
  'backend-name-collision': 'Two Services would share one backend name; one of them got a longer name.',
} as const;

export type ProblemCode = keyof typeof problemCodes;

export interface ProblemAt {
  readonly object: ObjectRef;
  readonly field: string;
  readonly message: string;
  readonly use?: BudgetUse;
}

export function refused(code: ProblemCode, at: ProblemAt): Problem {
  return Object.freeze({ code, severity: 'refused', ...at });
}

export function denied(code: ProblemCode, at: ProblemAt): Problem {
  return Object.freeze({ code, severity: 'denied', ...at });
}

export function warning(code: ProblemCode, at: ProblemAt): Problem {
  return Object.freeze({ code, severity: 'warning', ...at });
}

/** `Ingress default/web spec.rules[0].host: is not a DNS name…` */
export function describeProblem(problem: Problem): string {
  const { object, field, message } = problem;
  const name = object.namespace === '' ? object.name : `${object.namespace}/${object.name}`;
  return `${object.kind} ${name}${field === '' ? '' : ` ${field}`}: ${message}`;
}
