import type { Ingress, ObjectRef } from '../../source/objects.ts';
import { budgetExceeded } from '../budgets.ts';
import { denied, refused, warning } from '../problems.ts';
import type { Problem } from '../problems.ts';
import { effectsOfInvalid } from './annotation.ts';
import type { Annotation, AnnotationTable, AnnotationValues, Risk } from './annotation.ts';
import { trimLines } from '../../text/lines.ts';
import { accessAnnotations } from './access.ts';
import type { AccessAnnotations } from './access.ts';
import { affinityAnnotations } from './affinity.ts';
import type { AffinityAnnotations } from './affinity.ts';
import { backendAnnotations } from './backend.ts';
import type { BackendAnnotations } from './backend.ts';
import { backendTlsAnnotations } from './backend-tls.ts';
import type { BackendTlsAnnotations } from './backend-tls.ts';
import { basicAuthAnnotations } from './basic-auth.ts';
import type { BasicAuthAnnotations } from './basic-auth.ts';
import { canaryAnnotations } from './canary.ts';
import type { CanaryAnnotations } from './canary.ts';
import { clientAuthAnnotations } from './client-auth.ts';
import type { ClientAuthAnnotations } from './client-auth.ts';
import { corsAnnotations } from './cors.ts';
import type { CorsAnnotations } from './cors.ts';
import { errorAnnotations } from './errors.ts';
import type { ErrorAnnotations } from './errors.ts';
import { dangerIn, isGated, refusalOfSnippet, risksBeyond, wordsIn } from './gates.ts';
import type { AnnotationRules } from './gates.ts';
import { externalAuthAnnotations } from './external-auth.ts';
import type { ExternalAuthAnnotations } from './external-auth.ts';
import { fastcgiAnnotations } from './fastcgi.ts';
import type { FastcgiAnnotations } from './fastcgi.ts';
import { http2Annotations } from './http2.ts';
import type { Http2Annotations } from './http2.ts';
import { logAnnotations } from './log.ts';
import type { LogAnnotations } from './log.ts';
import { headerAnnotations } from './headers.ts';
import type { HeaderAnnotations } from './headers.ts';
import { modsecurityAnnotations } from './modsecurity.ts';
import type { ModsecurityAnnotations } from './modsecurity.ts';
import { mirrorAnnotations } from './mirror.ts';
import type { MirrorAnnotations } from './mirror.ts';
import { extensionAnnotations } from './extensions.ts';
import type { ExtensionAnnotations } from './extensions.ts';
import { problemsOfOthers } from './others.ts';
import { proxyAnnotations } from './proxy.ts';
import type { ProxyAnnotations } from './proxy.ts';
import { redirectAnnotations } from './redirect.ts';
import type { RedirectAnnotations } from './redirect.ts';
import { rewriteAnnotations } from './rewrite.ts';
import type { RewriteAnnotations } from './rewrite.ts';
import { serverAnnotations } from './server.ts';
import type { ServerAnnotations } from './server.ts';
import { snippetAnnotations } from './snippets.ts';
import type { SnippetAnnotations } from './snippets.ts';
import { telemetryAnnotations } from './telemetry.ts';
import type { TelemetryAnnotations } from './telemetry.ts';
import { upstreamAnnotations } from './upstream.ts';
import type { UpstreamAnnotations } from './upstream.ts';

export interface Annotations {
  readonly rewrite: RewriteAnnotations;
  readonly proxy: ProxyAnnotations;
  readonly backend: BackendAnnotations;
  readonly affinity: AffinityAnnotations;
  readonly canary: CanaryAnnotations;
  readonly redirect: RedirectAnnotations;
  readonly server: ServerAnnotations;
  readonly upstream: UpstreamAnnotations;
  readonly access: AccessAnnotations;
  readonly cors: CorsAnnotations;
  readonly basicAuth: BasicAuthAnnotations;
  readonly externalAuth: ExternalAuthAnnotations;
  readonly clientAuth: ClientAuthAnnotations;
  readonly errors: ErrorAnnotations;
  readonly snippets: SnippetAnnotations;
  readonly headers: HeaderAnnotations;
  readonly modsecurity: ModsecurityAnnotations;
  readonly backendTls: BackendTlsAnnotations;
  readonly fastcgi: FastcgiAnnotations;
  readonly mirror: MirrorAnnotations;
  readonly log: LogAnnotations;
  readonly http2: Http2Annotations;
  readonly telemetry: TelemetryAnnotations;
  readonly extensions: ExtensionAnnotations;
}

export interface ReadAnnotations {
  readonly values: Annotations;
  /** The worst outcome of all annotations (compat/behaviour.md section 9). */
  readonly outcome: 'accepted' | 'denied' | 'rejected';
  /** Why it is denied: the first annotation that is a reason. */
  readonly denial: string | null;
  readonly problems: readonly Problem[];
}

/** All families; the one place to add another. */
export const annotationFamilies = {
  rewrite: rewriteAnnotations,
  proxy: proxyAnnotations,
  backend: backendAnnotations,
  affinity: affinityAnnotations,
  canary: canaryAnnotations,
  redirect: redirectAnnotations,
  server: serverAnnotations,
  upstream: upstreamAnnotations,
  access: accessAnnotations,
  cors: corsAnnotations,
  basicAuth: basicAuthAnnotations,
  externalAuth: externalAuthAnnotations,
  clientAuth: clientAuthAnnotations,
  errors: errorAnnotations,
  snippets: snippetAnnotations,
  headers: headerAnnotations,
  modsecurity: modsecurityAnnotations,
  backendTls: backendTlsAnnotations,
  fastcgi: fastcgiAnnotations,
  mirror: mirrorAnnotations,
  log: logAnnotations,
  http2: http2Annotations,
  telemetry: telemetryAnnotations,
  extensions: extensionAnnotations,
} as const;

interface Reading {
  /**
   * Values by name without the prefix, of the annotations that have it. Empty ones are left out: they are never validated
   * and mean "absent" (compat/behaviour.md section 9).
   */
  readonly given: ReadonlyMap<string, string>;
  readonly prefix: string;
  readonly rules: AnnotationRules;
  readonly object: ObjectRef;
  readonly problems: Problem[];
  outcome: ReadAnnotations['outcome'];
  denial: string | null;
}

/** All annotations that have an effect. */
export const annotationEntries: readonly Annotation<unknown>[] = Object.values(annotationFamilies).flatMap(
  (family) => Object.values<Annotation<unknown>>(family),
);

const riskOfName: ReadonlyMap<string, Risk> = new Map(
  annotationEntries.flatMap(({ name, aliases = [], risk }) =>
    [name, ...aliases].map((each) => [each, risk] as const),
  ),
);

export function readAnnotations(
  ingress: Ingress,
  object: ObjectRef,
  rules: AnnotationRules,
): ReadAnnotations {
  const prefix = rules.annotationsPrefix;
  const reading: Reading = {
    given: ownAnnotations(ingress, `${prefix}/`),
    prefix: `${prefix}/`,
    rules,
    object,
    problems: [],
    outcome: 'accepted',
    denial: null,
  };
  const values: Annotations = {
    rewrite: readFamily(reading, rewriteAnnotations),
    proxy: readFamily(reading, proxyAnnotations),
    backend: readFamily(reading, backendAnnotations),
    affinity: readFamily(reading, affinityAnnotations),
    canary: readFamily(reading, canaryAnnotations),
    redirect: readFamily(reading, redirectAnnotations),
    server: readFamily(reading, serverAnnotations),
    upstream: readFamily(reading, upstreamAnnotations),
    access: readFamily(reading, accessAnnotations),
    cors: readFamily(reading, corsAnnotations),
    basicAuth: readFamily(reading, basicAuthAnnotations),
    externalAuth: readFamily(reading, externalAuthAnnotations),
    clientAuth: readFamily(reading, clientAuthAnnotations),
    errors: readFamily(reading, errorAnnotations),
    snippets: readFamily(reading, snippetAnnotations),
    headers: readFamily(reading, headerAnnotations),
    modsecurity: readFamily(reading, modsecurityAnnotations),
    backendTls: readFamily(reading, backendTlsAnnotations),
    fastcgi: readFamily(reading, fastcgiAnnotations),
    mirror: readFamily(reading, mirrorAnnotations),
    log: readFamily(reading, logAnnotations),
    http2: readFamily(reading, http2Annotations),
    telemetry: readFamily(reading, telemetryAnnotations),
    extensions: readFamily(reading, extensionAnnotations),
  };
  reading.problems.push(...problemsOfOthers(reading, riskOfName));
  const forbidden = [...risksBeyond(ingress, reading, riskOfName), ...wordsIn(ingress, reading)];
  if (forbidden.length > 0) reading.outcome = 'rejected';
  reading.problems.push(...forbidden);
  const { outcome, denial, problems } = reading;
  return { values, outcome, denial, problems };
}

function ownAnnotations({ metadata }: Ingress, prefix: string): ReadonlyMap<string, string> {
  const own = new Map<string, string>();
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    if (key.startsWith(prefix) && value.trim() !== '') own.set(key.slice(prefix.length), value);
  }
  return own;
}

function readFamily<T extends AnnotationTable>(reading: Reading, table: T): AnnotationValues<T> {
  const { given } = reading;
  if (given.size === 0 || !Object.values(table).some((entry) => nameIn(given, entry) !== null))
    return nothingOf(table);
  const values: Record<string, unknown> = {};
  for (const [field, entry] of Object.entries(table)) {
    const leader = entry.needs === undefined ? true : values[entry.needs];
    const isIdle = (leader === null || leader === false) && !isHostile(given, entry);
    values[field] = isIdle ? null : readOne(reading, entry);
  }
  return values as AnnotationValues<T>;
}

const nothing: ReadonlyMap<AnnotationTable, object> = new Map(
  Object.values(annotationFamilies).map((table: AnnotationTable) => [
    table,
    Object.freeze(Object.fromEntries(Object.keys(table).map((field) => [field, null]))),
  ]),
);

/** One object for all Ingresses that have no annotation of a family: most have none of most. */
function nothingOf<T extends AnnotationTable>(table: T): AnnotationValues<T> {
  return nothing.get(table) as AnnotationValues<T>;
}

/** Nobody writes such text by mistake, so that it is refused where it would mean nothing, too. */
function isHostile(given: Reading['given'], entry: Annotation<unknown>): boolean {
  const text = given.get(nameIn(given, entry) ?? '') ?? '';
  return looksHostile(text) && !entry.type.parse(trimLines(text)).ok;
}

/** The name under which it is given. */
function nameIn(given: Reading['given'], { name, aliases }: Annotation<unknown>): string | null {
  if (given.has(name)) return name;
  return aliases?.find((alias) => given.has(alias)) ?? null;
}

function readOne(reading: Reading, entry: Annotation<unknown>): unknown {
  const name = nameIn(reading.given, entry);
  if (name === null) return null;
  const text = reading.given.get(name) ?? '';
  const parsed = entry.type.parse(trimLines(text));
  if (isGated(entry)) {
    const found = parsed.ok ? dangerIn(entry, parsed.value, reading.rules) : null;
    const refusal = refusalOfSnippet(reading, fieldOf(reading, name), found);
    if (refusal !== null) {
      reading.problems.push(refusal.problem);
      if (refusal.effect === 'invalid') worsen(reading, entry);
      return null;
    }
  }
  if (parsed.ok) return withinBudget(reading, entry, { name, value: parsed.value });
  const make = problemOf(entry, text);
  const effect = make === denied ? `; ${effectsOfInvalid.denied}` : '';
  reading.problems.push(
    make('annotation-invalid', {
      object: reading.object,
      field: fieldOf(reading, name),
      message: `"${text.slice(0, 100)}" ${parsed.reason}${effect}`,
    }),
  );
  worsen(reading, entry);
  return make === warning ? (entry.badCountsAs ?? null) : null;
}

/** What a bad value is for the webhook. */
function problemOf({ invalid, admission }: Annotation<unknown>, text: string): typeof refused {
  const isRefused = admission === 'refuse' || looksHostile(text) || admission?.test(text.trim());
  return isRefused === true ? refused : { default: warning, denied, rejected: refused }[invalid];
}

interface Given {
  readonly name: string;
  readonly value: unknown;
}

function withinBudget(reading: Reading, entry: Annotation<unknown>, { name, value }: Given): unknown {
  const { budget, invalid } = entry;
  if (budget === undefined || !Array.isArray(value)) return value;
  const most = reading.rules.budgets[budget.name];
  if (value.length <= most) return value;
  const at = { object: reading.object, field: fieldOf(reading, name) };
  const effect = budget.beyond === 'invalid' ? effectsOfInvalid[invalid] : 'those behind them are left out';
  reading.problems.push(budgetExceeded(at, { budget: budget.name, has: value.length, most, effect }));
  if (budget.beyond === 'left-out') return value.slice(0, most);
  worsen(reading, entry);
  return null;
}

// Signs that mean something to nginx, line breaks, and words that attacks are made of (compat/security.md section 1).
const HOSTILE = /[;{}"'`\\#\p{Cc}]|load_module|lua_package|_by_lua|location|root|proxy_pass|serviceaccount/u;

/** A value that the sync only leaves out, but that nobody writes by mistake: the webhook refuses it. */
export function looksHostile(text: string): boolean {
  return HOSTILE.test(text.trim());
}

function worsen(reading: Reading, { name, invalid, denial }: Annotation<unknown>): void {
  if (invalid === 'rejected') reading.outcome = 'rejected';
  if (invalid !== 'denied' || reading.outcome === 'rejected') return;
  reading.outcome = 'denied';
  reading.denial ??= denial ?? `annotation ${name} contains invalid value`;
}

function fieldOf({ prefix }: Reading, name: string): string {
  return `metadata.annotations["${prefix}${name}"]`;
}
