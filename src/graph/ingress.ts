import { fail, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import type { Ingress, IngressBackend, IngressPath, IngressRule, ObjectRef } from '../source/objects.ts';
import { describeFit, fitsBuffers } from '../text/buffers.ts';
import type { Buffers } from '../text/buffers.ts';
import { parsePattern } from '../text/pattern.ts';
import { parseHostName, parseLiteral } from '../text/safe.ts';
import { readAnnotations } from './annotations/read.ts';
import type { AnnotationRules } from './annotations/gates.ts';
import type { Annotations, ReadAnnotations } from './annotations/read.ts';
import { budgetExceeded } from './budgets.ts';
import type { BackendRef, Host, ParsedIngress, ParsedPath, ParsedRule, PathType } from './graph.ts';
import { parseName, parsePortText } from './names.ts';
import type { GraphOptions } from './options.ts';
import { NO_REFERENCES } from './references.ts';
import { expressionsWithin, rulesWithin } from './path-budgets.ts';
import { denied, refused, warning } from './problems.ts';
import type { Problem } from './problems.ts';
import { usersKeyOf } from './user-lists.ts';
import { withoutEffect } from './without-effect.ts';

export interface IngressParsing
  extends Pick<GraphOptions, 'disableCatchAll' | 'loopbackEndpoints' | 'reach'>, AnnotationRules {
  readonly strictValidatePathType: boolean;
  /** Where no annotation says otherwise. */
  readonly buffers: Buffers;
}

export interface ParseOutcome {
  /** Null when nothing of the Ingress is in force. */
  readonly ingress: ParsedIngress | null;
  readonly problems: readonly Problem[];
}

interface Parsing {
  readonly object: ObjectRef;
  readonly namespace: string;
  readonly options: IngressParsing;
  readonly problems: Problem[];
}

/** Reads one Ingress without a look at any other object. What is wrong in it never spoils what is right. */
export function parseIngress(ingress: Ingress, options: IngressParsing): ParseOutcome {
  const { name, namespace } = ingress.metadata;
  const object: ObjectRef = { kind: 'Ingress', namespace, name };
  const parsing: Parsing = { object, namespace, options, problems: [] };
  const names = [parseName(namespace), parseName(name)] as const;
  if (!names[0].ok || !names[1].ok) {
    const reason = names.find((entry) => !entry.ok)?.reason ?? '';
    return {
      ingress: null,
      problems: [refused('name-invalid', { object, field: 'metadata', message: reason })],
    };
  }
  if (options.disableCatchAll && ingress.spec.defaultBackend !== undefined) {
    const message = 'default backends are switched off with --disable-catch-all; remove spec.defaultBackend';
    parsing.problems.push(refused('catch-all-disabled', { object, field: 'spec.defaultBackend', message }));
    return { ingress: null, problems: parsing.problems };
  }
  const annotations = readAnnotations(ingress, object, options);
  parsing.problems.push(...annotations.problems);
  if (annotations.outcome === 'rejected') return { ingress: null, problems: parsing.problems };
  const values = withFittingBuffers(parsing, withoutRefusedMirror(parsing, annotations.values));
  const wantedMirror = annotations.values.mirror.target;
  const { rules, beyond } = parseRules(parsing, ingress.spec.rules ?? [], values);
  parsing.problems.push(...withoutEffect({ object, values, rules, prefix: options.annotationsPrefix }));
  const parsed: ParsedIngress = Object.freeze({
    ref: object,
    namespace: names[0].value,
    name: names[1].value,
    state: ingress.confined === true ? 'confined' : stateOf(parsing, annotations),
    denial: annotations.denial,
    isMirrorRefused: wantedMirror !== null && values.mirror.target === null,
    uid: plainUid(ingress.metadata.uid),
    created: ingress.metadata.creationTimestamp,
    rules,
    hostsBeyond: beyond,
    defaultBackend: parseDefaultBackend(parsing, ingress.spec.defaultBackend),
    tls: parseTls(ingress),
    users: usersKeyOf(namespace, values.basicAuth),
    annotations: values,
    references: NO_REFERENCES,
  });
  return { ingress: parsed, problems: parsing.problems };
}

function stateOf(parsing: Parsing, { values, outcome }: ReadAnnotations): 'accepted' | 'denied' {
  const isClosed = [asksItself(parsing, values), asksWithoutUsers(parsing, values)].includes(true);
  return isClosed || outcome !== 'accepted' ? 'denied' : 'accepted';
}

/** Somebody is to log in, and nothing says who. */
function asksWithoutUsers({ object, options, problems }: Parsing, { basicAuth }: Annotations): boolean {
  if (basicAuth.type === null || basicAuth.secret !== null) return false;
  const fieldOf = (name: string) => `metadata.annotations["${options.annotationsPrefix}/${name}"]`;
  if (problems.some(({ field }) => field === fieldOf('auth-secret'))) return true;
  const message =
    'needs "auth-secret" with the name of a Secret that holds users; all paths of the Ingress answer 503';
  problems.push(denied('annotation-invalid', { object, field: fieldOf('auth-type'), message }));
  return true;
}

/** An authentication service on this machine, or a cloud's metadata service: nobody asks those for a user. */
function asksItself(parsing: Parsing, { externalAuth }: Annotations): boolean {
  const host = externalAuth.url?.host ?? null;
  return isRefused(parsing, host, { annotation: 'auth-url', effect: 'all paths answer 503', make: refused });
}

/** Nobody is protected by copies, so that the rest goes on. */
function withoutRefusedMirror(parsing: Parsing, values: Annotations): Annotations {
  const host = values.mirror.target?.host ?? null;
  const about = { annotation: 'mirror-target', effect: 'it gets no copies', make: warning };
  return isRefused(parsing, host, about) ? { ...values, mirror: { ...values.mirror, target: null } } : values;
}

/** nginx would refuse the whole file. */
function withFittingBuffers({ object, options, problems }: Parsing, values: Annotations): Annotations {
  const { busyBuffersSize: busy, bufferSize, buffersNumber } = values.proxy;
  const { size, count } = options.buffers;
  const buffers = { size: bufferSize ?? size, count: buffersNumber ?? count };
  if (busy === null || fitsBuffers(busy, buffers)) return values;
  const field = `metadata.annotations["${options.annotationsPrefix}/proxy-busy-buffers-size"]`;
  const message = `"${busy}" does not fit: ${describeFit(buffers)}; it is ignored`;
  problems.push(refused('annotation-invalid', { object, field, message }));
  return { ...values, proxy: { ...values.proxy, busyBuffersSize: null } };
}

interface About {
  readonly annotation: string;
  readonly effect: string;
  readonly make: typeof refused;
}

/** Whether it is an address that nobody may be led to. */
function isRefused(
  { object, options, problems }: Parsing,
  host: string | null,
  { annotation, effect, make }: About,
): boolean {
  const kind = host === null ? 'name' : options.reach.classifyHost(host);
  if (kind === 'name' || kind === 'ordinary') return false;
  if (kind === 'loopback' && options.loopbackEndpoints === 'allowed') return false;
  const field = `metadata.annotations["${options.annotationsPrefix}/${annotation}"]`;
  const message = `"${host}" is a ${kind} address, which must not be reached from outside; ${effect}`;
  problems.push(make('address-refused', { object, field, message }));
  return true;
}

/** Part of names in nginx.conf; the API server only makes such ones. */
function plainUid(uid: string): string {
  return uid.replaceAll(/[^A-Za-z0-9-]/g, '-').slice(0, 100);
}

interface ParsedRules {
  readonly rules: readonly ParsedRule[];
  readonly beyond: readonly Host[];
}

function parseRules(parsing: Parsing, all: readonly IngressRule[], annotations: Annotations): ParsedRules {
  const { budgets } = parsing.options;
  const at = { object: parsing.object, field: 'spec.rules' };
  const within = rulesWithin(all, budgets.paths);
  if (within.paths > budgets.paths) {
    const effect = 'those behind them are left out';
    const excess = { budget: 'paths', has: within.paths, most: budgets.paths, effect } as const;
    parsing.problems.push(budgetExceeded(at, excess));
  }
  const parsed = within.rules.flatMap((rule, index) => parseRule(parsing, rule, index));
  const { rules, bytes, beyond } = expressionsWithin(parsed, annotations, budgets.expressionBytes);
  if (beyond.length > 0) {
    const effect = `paths from ${beyond[0]?.field} on are left out, ${beyond.length} of them`;
    const excess = { budget: 'expressionBytes', has: bytes, most: budgets.expressionBytes, effect } as const;
    parsing.problems.push(budgetExceeded(at, excess));
  }
  return { rules, beyond: within.beyond.flatMap(hostsOf) };
}

function hostsOf({ host }: IngressRule): readonly Host[] {
  const parsed = parseHost(host);
  return parsed.ok ? [parsed.value] : [];
}

function parseRule(parsing: Parsing, rule: IngressRule, index: number): ParsedRule[] {
  const field = `spec.rules[${index}]`;
  const host = parseHost(rule.host);
  if (!host.ok) {
    const message = `"${String(rule.host).slice(0, 100)}" ${host.reason}`;
    parsing.problems.push(
      refused('host-invalid', { object: parsing.object, field: `${field}.host`, message }),
    );
    return [];
  }
  const paths = (rule.http?.paths ?? []).flatMap((path, at) => {
    const parsed = parsePath(parsing, path, `${field}.http.paths[${at}]`);
    return parsed === null ? [] : [parsed];
  });
  return [{ host: host.value, paths }];
}

function parseHost(host: string | undefined): Result<Host> {
  return host === undefined || host === '' ? ok('_') : parseHostName(host);
}

function parsePath(parsing: Parsing, path: IngressPath, field: string): ParsedPath | null {
  const at = { object: parsing.object, field };
  const type = parsePathType(path.pathType);
  if (!type.ok) {
    parsing.problems.push(
      refused('path-type-unknown', { ...at, field: `${field}.pathType`, message: type.reason }),
    );
    return null;
  }
  const text = parsePathText(path, parsing.options);
  if (!text.ok) {
    parsing.problems.push(refused('path-invalid', { ...at, field: `${field}.path`, message: text.reason }));
    return null;
  }
  const backend = parseBackend(parsing, path.backend);
  if (!backend.ok) {
    parsing.problems.push(
      warning('backend-invalid', { ...at, field: `${field}.backend`, message: backend.reason }),
    );
    return null;
  }
  const pattern = parsePattern(text.value);
  return {
    path: text.value,
    type: type.value,
    pattern: pattern.ok ? pattern.value : null,
    backend: backend.value,
    field,
  };
}

// ImplementationSpecific and missing count as Prefix (compat/behaviour.md 7.2).
function parsePathType(type: string | undefined): Result<PathType> {
  switch (type) {
    case undefined:
    case '':
    case 'Prefix':
    case 'ImplementationSpecific':
      return ok('Prefix');
    case 'Exact':
      return ok('Exact');
    default:
      return fail(`"${type.slice(0, 40)}" is not a path type; write Exact, Prefix or ImplementationSpecific`);
  }
}

const STRICT_PATH = /^\/[A-Za-z0-9._\-/]*$/;

function parsePathText(path: IngressPath, options: IngressParsing): ReturnType<typeof parseLiteral> {
  const text = path.path === undefined || path.path === '' ? '/' : path.path;
  const shown = `"${text.slice(0, 100)}"`;
  if (!text.startsWith('/')) return fail(`${shown} does not begin with "/"`);
  if (/^\/_(?:external-auth|mirror)-/.test(text)) return fail(`${shown} is reserved for the controller`);
  const strict = path.pathType === 'Exact' || path.pathType === 'Prefix';
  if (strict && options.strictValidatePathType && !STRICT_PATH.test(text)) {
    return fail(
      `path ${text.slice(0, 100)} cannot be used with pathType ${path.pathType}: it may hold letters, digits and . _ - / only; ` +
        'use pathType ImplementationSpecific for a regular expression',
    );
  }
  const literal = parseLiteral(text);
  return literal.ok ? literal : fail(`${shown} ${literal.reason}`);
}

function parseBackend(parsing: Parsing, backend: IngressBackend | undefined): Result<BackendRef> {
  if (backend?.service === undefined) {
    return fail(
      backend?.resource === undefined
        ? 'names no Service; write "service: {name: web, port: {number: 80}}"'
        : 'resource backends are not supported; name a Service',
    );
  }
  const names = [parseName(parsing.namespace), parseName(backend.service.name)] as const;
  if (!names[0].ok || !names[1].ok) return fail(names.find((entry) => !entry.ok)?.reason ?? '');
  const port = parsePortText(backend.service.port);
  if (!port.ok) return port;
  const [namespace, service] = [names[0].value, names[1].value];
  return ok({ namespace, service, port: port.value, key: `${namespace}/${service}/${port.value}` });
}

function parseDefaultBackend(parsing: Parsing, backend: IngressBackend | undefined): BackendRef | null {
  if (backend === undefined) return null;
  const parsed = parseBackend(parsing, backend);
  if (parsed.ok) return parsed.value;
  const at = { object: parsing.object, field: 'spec.defaultBackend', message: parsed.reason };
  parsing.problems.push(warning('backend-invalid', at));
  return null;
}

function parseTls(ingress: Ingress): ParsedIngress['tls'] {
  return (ingress.spec.tls ?? []).map((entry, index) => ({
    hosts: entry.hosts ?? [],
    secretName: entry.secretName ?? '',
    field: `spec.tls[${index}]`,
  }));
}
