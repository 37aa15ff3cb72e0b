/** What admins allow Ingresses to say at all (compat/annotations.md, cross-cutting rules 4 and 5). */
import type { Ingress, ObjectRef } from '../../source/objects.ts';
import type { Snippet } from '../../text/safe.ts';
import { dangerousDirective } from '../../text/snippet.ts';
import type { GraphOptions } from '../options.ts';
import { refused } from '../problems.ts';
import type { Problem } from '../problems.ts';
import { risks } from './annotation.ts';
import type { Risk } from './annotation.ts';

export interface AnnotationRules extends Pick<
  GraphOptions,
  'annotationsPrefix' | 'budgets' | 'snippetDirectives'
> {
  readonly allowSnippetAnnotations: boolean;
  readonly annotationsRiskLevel: Risk;
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

/** @param text null for one that is no snippet, which others refuse. */
export function refusalOfSnippet(
  { rules, object }: Gate,
  field: string,
  text: Snippet | null,
): SnippetRefusal | null {
  if (!rules.allowSnippetAnnotations) {
    const message = 'is not used, since allow-snippet-annotations of the ConfigMap is not "true"';
    return { problem: refused('snippet-refused', { object, field, message }), effect: 'left-out' };
  }
  const found = text === null ? null : dangerousDirective(text, rules.snippetDirectives);
  if (found === null) return null;
  const message =
    `"${found.name}" in line ${found.line} runs code, reads or writes files, or names lists of users, which snippets of Ingresses must not; ` +
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
  for (const key of Object.keys(metadata.annotations ?? {}).sort()) {
    const risk = key.startsWith(`${prefix}/`) ? riskOfName.get(key.slice(prefix.length + 1)) : undefined;
    if (risk === undefined || risks.indexOf(risk) <= risks.indexOf(most)) continue;
    const message =
      `is of risk ${risk}, and annotations-risk-level of the ConfigMap is ${most}; ` +
      'remove it, or ask the administrator; the Ingress is left out';
    const field = `metadata.annotations["${key}"]`;
    problems.push(refused('annotation-risk', { object, field, message }));
  }
  return problems;
}
