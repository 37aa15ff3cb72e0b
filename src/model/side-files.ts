import { createHash } from 'node:crypto';
import type { SideFile } from './model.ts';

/** @param suffix with its dot. */
export function sideFile(content: Buffer, suffix: '.pem' | '.key'): SideFile {
  const digest = createHash('sha256').update(content).digest('hex').slice(0, 40);
  return Object.freeze({ folder: 'content', name: `${digest}${suffix}`, content });
}

/** How files from Secrets begin: in their folder may lie others, which are not ours to remove. PEM takes any text in front. */
export const SECRET_MARK = 'Written by Tidegate from a Secret; changes made here are lost.\n';

/** @param name unique among these files. */
export function secretFile(name: string, pem: string): SideFile {
  return Object.freeze({ folder: 'secret', name: `${name}.pem`, content: Buffer.from(SECRET_MARK + pem) });
}
