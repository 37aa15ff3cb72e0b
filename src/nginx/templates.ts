/**
 * The one place that touches Handlebars. Escaping stays on and is nginx's: a plain {{x}} prints numbers and plain words and
 * throws on everything else; text goes through `quote` or `value` (docs in CONTRIBUTING.md, "a template line").
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { frameGrammar } from './frame-grammar.ts';
import type { Sources } from './frame-grammar.ts';
import { ownDirectives } from './own-directives.ts';
import type { OwnDirectives } from './own-directives.ts';
import { assertFrameText } from './frame-shape.ts';
import type { FrameAsked } from './frame-shape.ts';
import { memoizeLast } from '../lib/memo.ts';
import { printLogFormat } from '../text/log-format.ts';
import { printRules } from '../text/modsecurity.ts';
import { parseSnippet } from '../text/snippet.ts';
import { quote, quoteWithoutVariables } from '../text/safe.ts';

/** The helpers that templates may call; no view field may have one of these names. */
export const helperNames = [
  'quote',
  'value',
  'lua',
  'url',
  'openssl',
  'word',
  'snippet',
  'rules',
  'single',
  'remark',
  'bare',
] as const;

export type TemplateName = 'nginx.conf' | 'server' | 'tail' | 'stream';
export type Templates = Readonly<Record<TemplateName, (view: object) => string>> & {
  /** @throws UnrenderableFrame unless head and tail are what the templates say. Equal texts are looked at once. */
  readonly assertFrame: (text: string, asked: FrameAsked) => void;
  /** What servers may have besides what the model asks for; null for the built-in templates. */
  readonly own: OwnDirectives | null;
};

const PLAIN = /^[A-Za-z0-9$._:/@~^*=+[\]-]+$/;

/** What a tag without a helper prints. @throws when the value could be more than one word. */
export function printPlain(value: unknown): string {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value === 'string' && PLAIN.test(value)) return value;
  if (value instanceof Handlebars.SafeString) return value.toString();
  throw new TypeError(`a template printed ${JSON.stringify(value)} bare; it must be quoted`);
}

function text(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return value;
  throw new TypeError(`a template quoted ${JSON.stringify(value)}, which is not text`);
}

/** A Lua literal; strings are limited to what needs no escape in any of the two languages. */
export function printLua(value: unknown): string {
  if (typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (typeof value === 'string' && /^[A-Za-z0-9 .:=;@_/-]*$/.test(value)) return `"${value}"`;
  throw new TypeError(`a template printed ${JSON.stringify(value)} as Lua`);
}

/** A URL of the type in text/safe.ts, bare: the spelling that scripts look for. */
export function printUrl(value: unknown): string {
  if (typeof value === 'string' && /^[-._~a-zA-Z0-9/:,?&=]*$/.test(value)) return value;
  throw new TypeError(`a template printed ${JSON.stringify(value)} as a URL`);
}

/** A cipher list of the type in text/safe.ts, bare: the spelling that scripts look for. */
export function printCiphers(value: unknown): string {
  if (typeof value === 'string' && /^[A-Za-z0-9!:+_@=-]+$/.test(value)) return value;
  throw new TypeError(`a template printed ${JSON.stringify(value)} as a cipher list`);
}

/** The path of a file, bare where nginx would read one word: the spelling that scripts look for. */
export function printWord(value: unknown): string {
  const word = text(value);
  return PLAIN.test(word) ? word : quote(word);
}

/** Directives of the type in text/safe.ts: as they were written: a word may go on in the next line, and no line begins as ours do. */
export function printSnippet(value: unknown): string {
  const parsed = parseSnippet(text(value));
  if (!parsed.ok) throw new TypeError(`a template printed a snippet that ${parsed.reason}`);
  return parsed.value;
}

// A backslash before one of the others is a letter of its own, or hides what follows.
const BARE_PATTERN = /^(?:[\w~*^$.:=@%+,|()?!&<>/-]|\\(?:[dDwWsSbB]|[ .:=@%+,|()?!&<>/*^$-]))+$/;

/** What a map looks for, bare where nginx would read the same word: the spelling that scripts look for. */
export function printPattern(value: unknown): string {
  const pattern = text(value);
  return BARE_PATTERN.test(pattern) ? pattern : quote(pattern);
}

/** A line of its own that nginx does not read. @throws when it could be more than that. */
export function printRemark(value: unknown): string {
  const line = text(value);
  if (/\p{Cc}|\p{Zl}|\p{Zp}/u.test(line))
    throw new TypeError(`a template printed ${JSON.stringify(value)} as a comment`);
  return `# ${line}`;
}

const printers: Readonly<Record<(typeof helperNames)[number], (value: unknown) => string>> = {
  quote: (value) => quote(text(value)),
  value: (value) => quoteWithoutVariables(text(value)),
  lua: printLua,
  url: printUrl,
  openssl: printCiphers,
  word: printWord,
  snippet: printSnippet,
  rules: (value) => printRules(text(value)),
  single: (value) => printLogFormat(text(value)),
  remark: printRemark,
  bare: printPattern,
};

/** @throws with the line of the template, which it does not know the name of. */
function helper(print: (value: unknown) => string): Handlebars.HelperDelegate {
  return (value: unknown, options: { readonly loc?: { readonly start: { readonly line: number } } }) => {
    try {
      return new Handlebars.SafeString(print(value));
    } catch (error) {
      const line = options.loc?.start.line;
      if (line === undefined || !(error instanceof TypeError)) throw error;
      throw new TypeError(`line ${line} of a template: ${error.message}`, { cause: error });
    }
  };
}

const COMPILE_OPTIONS = {
  strict: true,
  preventIndent: true,
  knownHelpersOnly: true,
  knownHelpers: Object.fromEntries(helperNames.map((name) => [name, true])),
};

/** The built-in templates. */
export function loadTemplates(folder: string): Templates {
  return compileTemplates(readSources(folder));
}

/**
 * @param custom templates of an administrator by name, which take the place of others or are called by them.
 * @throws on an unknown helper, a missing partial, a syntax error, or what is no configuration of nginx with holes.
 */
export function compileTemplates(builtIn: Sources, custom: Sources = new Map()): Templates {
  const sources = custom.size === 0 ? builtIn : new Map([...builtIn, ...custom]);
  const instance = Handlebars.create();
  // The compiled templates read it from there at run time; there is no setting of an instance for it.
  instance.Utils.escapeExpression = printPlain;
  Handlebars.Utils.escapeExpression = printPlain;
  for (const name of helperNames) instance.registerHelper(name, helper(printers[name]));
  const compiled = new Map<string, Handlebars.TemplateDelegate>();
  for (const [name, source] of sources) {
    // Otherwise they are compiled when they are called for the first time.
    if (custom.has(name)) instance.precompile(source, COMPILE_OPTIONS);
    const template = instance.compile(source, COMPILE_OPTIONS);
    compiled.set(name, template);
    instance.registerPartial(name, template);
  }
  const get = (name: TemplateName) => {
    const template = compiled.get(name);
    if (template === undefined) throw new Error(`the template ${name}.hbs is missing`);
    return (view: object) => template(view);
  };
  return {
    'nginx.conf': get('nginx.conf'),
    server: get('server'),
    tail: get('tail'),
    stream: get('stream'),
    assertFrame: frameProof(sources),
    own: ownDirectives(sources, builtIn),
  };
}

function frameProof(sources: Sources): Templates['assertFrame'] {
  const grammar = frameGrammar(sources);
  return memoizeLast(
    (text: string, asked: FrameAsked) => assertFrameText(text, grammar, asked),
    (text, { redirects, snippets }) => [text, redirects.join('\n'), ...Object.values(snippets).flat()],
  );
}

export function readSources(folder: string): Sources {
  const names = readdirSync(folder).filter((name) => name.endsWith('.hbs'));
  return new Map(
    names.sort().map((name) => [name.slice(0, -'.hbs'.length), readFileSync(join(folder, name), 'utf8')]),
  );
}
