/** Templates that an administrator has put into the folder for them. */
import { readFile, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { messageOf } from '../lib/errors.ts';
import type { Sources } from './frame-grammar.ts';
import { compileTemplates } from './templates.ts';
import type { Templates } from './templates.ts';

/** What ingress-nginx calls its only one; its chart mounts `controller.customTemplate` under this name. */
const OLD_NAME = 'nginx.tmpl';
const EXTENSION = '.hbs';
/** Words that Handlebars has not, and every template of ingress-nginx has. */
const OF_GO = /\{\{-?\s*(?:range|end|define|template|with|if)\b|\{\{-?\s*\$\w+\s*:=/;

/** @throws with a message for the administrator. */
export async function readCustomTemplates(folder: string, builtIn: Sources): Promise<Sources> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw new Error(`the folder ${folder} cannot be read: ${messageOf(error)}`);
  });
  const found = new Map<string, string>();
  for (const file of names.sort()) {
    if (file.startsWith('.') || (file !== OLD_NAME && !file.endsWith(EXTENSION))) continue;
    const text = await readFile(join(folder, file), 'utf8');
    if (file === OLD_NAME && OF_GO.test(text))
      throw new Error(
        `${OLD_NAME} is a template of Go, which only ingress-nginx reads; write it as a template of Handlebars (docs/templates.md)`,
      );
    const name = file === OLD_NAME ? 'nginx.conf' : basename(file, EXTENSION);
    // The image has its own ones there, too.
    if (builtIn.get(name) === text) continue;
    if (name === 'tail')
      throw new Error('tail.hbs cannot be replaced: by it Tidegate talks to nginx; remove it');
    if (name === 'stream')
      throw new Error('stream.hbs cannot be replaced: connections come by it; use stream-snippet, remove it');
    if (/\{\{(?:\{|~?&)/.test(text))
      throw new Error(`${file} prints without a look by "{{{" or "{{&"; use a helper, as in {{quote x}}`);
    found.set(name, text);
  }
  return found;
}

/** The templates in force when these are good. @throws with a message for the administrator. */
export function withCustomTemplates(builtIn: Sources, custom: Sources): Templates {
  try {
    return compileTemplates(builtIn, custom);
  } catch (error) {
    const names = [...custom.keys()].map((name) => `${name}${EXTENSION}`).join(', ');
    throw new Error(`${names}: ${messageOf(error)}`, { cause: error });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
