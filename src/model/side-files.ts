import { createHash } from 'node:crypto';
import { MARK } from '../text/pem.ts';
import type { SideFile } from './model.ts';

/** @param suffix with its dot. */
export function sideFile(content: Buffer, suffix: '.pem' | '.key'): SideFile {
  const digest = createHash('sha256').update(content).digest('hex').slice(0, 40);
  return Object.freeze({ folder: 'content', name: `${digest}${suffix}`, content });
}

/** @param name unique among these files. */
export function secretFile(name: string, pem: string): SideFile {
  return Object.freeze({ folder: 'secret', name: `${name}.pem`, content: Buffer.from(MARK + pem) });
}
