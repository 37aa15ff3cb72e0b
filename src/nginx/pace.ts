import type { LivePart } from '../model/model.ts';
import type { Pace } from './applier.ts';
import { newHosts } from './generation.ts';
import type { Generation } from './generation.ts';

/** New hosts that may wait for their reload together. */
const MOST_GATHERED = 500;

/** Nobody waits for a reload that only brings what is served already. */
export function paceOf(generation: Generation, serving: Generation | null, routes: LivePart): Pace {
  const fresh = serving === null || routes.size === 0 ? null : newHosts(serving, generation);
  if (fresh === null || fresh.length === 0 || fresh.length > MOST_GATHERED) return 'now';
  return fresh.every((host) => routes.has(`route:${host}`)) ? 'gathered' : 'now';
}
