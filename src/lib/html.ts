/** Text becomes markup here and nowhere else: whatever is put into a template is escaped unless a template made it. */

const MARKUP = Symbol('markup');

export interface Html {
  readonly [MARKUP]: string;
}

export type Content = Html | string | number | null | readonly Content[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Signs that cannot be seen or that turn the direction of others (Unicode TR 36, 2.10.1) are shown by their number. */
const INVISIBLE = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

export function escapeText(text: string): string {
  return text
    .replaceAll(INVISIBLE, (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`)
    .replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? '');
}

/** Nothing is shown for null. Values may stand in text and in quoted values of attributes; links are made with `urlOf`. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  let text = strings[0] ?? '';
  for (const [index, value] of values.entries()) text += printed(value) + (strings[index + 1] ?? '');
  return { [MARKUP]: text };
}

export const NOTHING: Html = html``;

function printed(value: Content): string {
  if (value === null) return '';
  if (typeof value === 'string') return escapeText(value);
  if (typeof value === 'number') return escapeText(String(value));
  return isList(value) ? value.map(printed).join('') : value[MARKUP];
}

function isList(value: Html | readonly Content[]): value is readonly Content[] {
  return Array.isArray(value);
}

export function textOf(markup: Html): string {
  return markup[MARKUP];
}

/** A path of this server. */
export function urlOf(
  segments: readonly string[],
  query: Readonly<Record<string, string | number>> = {},
): string {
  const given = Object.entries(query).filter(([, value]) => value !== '' && value !== 0);
  const words = given.map(([name, value]) => `${name}=${encode(String(value))}`);
  return `/${segments.map(encode).join('/')}${words.length === 0 ? '' : `?${words.join('&')}`}`;
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
