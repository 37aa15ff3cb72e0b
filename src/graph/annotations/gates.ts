/** What admins allow Ingresses to say at all (compat/annotations.md, cross-cutting rules 4 and 5). */
import { riskLevels } from '../../text/risk.ts';
import type { Ingress, ObjectRef } from '../../source/objects.ts';
import { dangerousRule, securityRules } from '../../text/modsecurity.ts';
import type { SecurityRules, Snippet } from '../../text/safe.ts';
import { dangerousDirective, snippet } from '../../text/snippet.ts';
import type { GraphOptions } from '../options.ts';
import { refused } from '../problems.ts';
import type { Problem } from '../problems.ts';
import type { Annotation, Risk } from './annotation.ts';

export interface AnnotationRules extends Pick<
  GraphOptions,
  'annotationsPrefix' | 'budgets' | 'snippetDirectives'
> {
  readonly allowSnippetAnnotations: boolean;
  readonly annotationsRiskLevel: Risk;
  /** Words that no value may hold. */
  readonly annotationValueWordBlocklist: readonly string[];
}

interface Gate {
  readonly rules: AnnotationRules;
  readonly object: ObjectRef;
}

/** Why a snippet is not used. `left-out`: as with ingress-nginx, the rest of an Ingress that is there already is served. */
export interface SnippetRefusal {
  readonly problem: Problem;
  readonly effect: 'left-out' | 'invalid';
}

/** Whether it takes text that Ingresses may only write where snippets are allowed. */
export function isGated({ type }: Annotation<unknown>): boolean {
  return type === snippet || type === securityRules;
}

/** What of a snippet runs code or reads files, and where; null for nothing. */
export function dangerIn(
  { type }: Annotation<unknown>,
  value: unknown,
  { snippetDirectives: allowed }: AnnotationRules,
): string | null {
  if (type === securityRules) {
    const rule = dangerousRule(value as SecurityRules, allowed);
    return rule === null ? null : `"${rule}"`;
  }
  const directive = dangerousDirective(value as Snippet, allowed);
  return directive === null ? null : `"${directive.name}" in line ${directive.line}`;
}

/** @param danger what is in it that must not be, or null. */
export function refusalOfSnippet(
  { rules, object }: Gate,
  field: string,
  danger: string | null,
): SnippetRefusal | null {
  if (!rules.allowSnippetAnnotations) {
    const message = 'is not used, since allow-snippet-annotations of the ConfigMap is not "true"';
    return { problem: refused('snippet-refused', { object, field, message }), effect: 'left-out' };
  }
  if (danger === null) return null;
  const message =
    `${danger} runs code, reads or writes files, or names lists of users, which snippets of Ingresses must not; ` +
    'remove it, or ask the administrator for --snippet-directives; all paths of the Ingress answer 503';
  return { problem: refused('snippet-refused', { object, field, message }), effect: 'invalid' };
}

/** Also of empty values. */
export function risksBeyond(
  { metadata }: Ingress,
  { rules, object }: Gate,
  riskOfName: ReadonlyMap<string, Risk>,
): readonly Problem[] {
  const { annotationsPrefix: prefix, annotationsRiskLevel: most } = rules;
  const problems: Problem[] = [];
  const tooHigh = new Set(riskLevels.slice(riskLevels.indexOf(most) + 1));
  if (tooHigh.size === 0) return problems;
  for (const key of Object.keys(metadata.annotations ?? {}).sort()) {
    const risk = key.startsWith(`${prefix}/`) ? riskOfName.get(key.slice(prefix.length + 1)) : undefined;
    if (risk === undefined || !tooHigh.has(risk)) continue;
    const message =
      `is of risk ${risk}, and annotations-risk-level of the ConfigMap is ${most}; ` +
      'remove it, or ask the administrator; the Ingress is left out';
    const field = `metadata.annotations["${key}"]`;
    problems.push(refused('annotation-risk', { object, field, message }));
  }
  return problems;
}

/** Values with a word of the list (compat/annotations.md, cross-cutting 6). */
export function wordsIn({ metadata }: Ingress, { rules, object }: Gate): readonly Problem[] {
  const { annotationsPrefix: prefix, annotationValueWordBlocklist: words } = rules;
  if (words.length === 0) return [];
  return Object.entries(metadata.annotations ?? {}).flatMap(([key, value]) => {
    const word = key.startsWith(`${prefix}/`) ? words.find((entry) => value.includes(entry)) : undefined;
    if (word === undefined) return [];
    const message =
      `holds "${word}", which annotation-value-word-blocklist of the ConfigMap forbids; ` +
      'remove it, or ask the administrator; the Ingress is left out';
    return [refused('annotation-blocked', { object, field: `metadata.annotations["${key}"]`, message })];
  });
}
