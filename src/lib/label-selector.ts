/** Label selectors as kubectl takes them: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, joined by commas. */
import { fail, ok } from './result.ts';
import type { Result } from './result.ts';

export type Labels = Readonly<Record<string, string>>;

export interface LabelSelector {
  matches(labels: Labels): boolean;
}

type Requirement = (labels: Labels) => boolean;

const NAME = '[A-Za-z0-9](?:[-A-Za-z0-9_./]{0,315}[A-Za-z0-9])?';
const VALUE = '[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?';
const EQUALITY = new RegExp(`^(${NAME})\\s*(==|=|!=)\\s*(${VALUE}|)$`);
const SET = new RegExp(`^(${NAME})\\s+(in|notin)\\s+\\(([^()]*)\\)$`);
const EXISTS = new RegExp(`^(!?)\\s*(${NAME})$`);

export function parseLabelSelector(text: string): Result<LabelSelector> {
  const requirements: Requirement[] = [];
  for (const part of splitOutsideParentheses(text)) {
    const requirement = parseRequirement(part.trim());
    if (requirement === null) {
      return fail(
        `"${part.trim()}" is not a label requirement; write for example "team=a", "team in (a,b)" or "!team"`,
      );
    }
    requirements.push(requirement);
  }
  return ok({ matches: (labels) => requirements.every((requirement) => requirement(labels)) });
}

function splitOutsideParentheses(text: string): string[] {
  return text.split(/,(?![^(]*\))/);
}

function parseRequirement(text: string): Requirement | null {
  const equality = EQUALITY.exec(text);
  if (equality !== null) {
    const [, name = '', operator, value] = equality;
    return operator === '!=' ? (labels) => labels[name] !== value : (labels) => labels[name] === value;
  }
  const set = SET.exec(text);
  if (set !== null) {
    const [, name = '', operator, list = ''] = set;
    const values = new Set(list.split(',').map((value) => value.trim()));
    const isIn = (labels: Labels) => labels[name] !== undefined && values.has(labels[name]);
    return operator === 'in' ? isIn : (labels) => !isIn(labels);
  }
  const exists = EXISTS.exec(text);
  if (exists === null) return null;
  const [, not, name = ''] = exists;
  return not === '!' ? (labels) => !(name in labels) : (labels) => name in labels;
}
