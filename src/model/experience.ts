/** What nginx has taken before, so that it needs not be asked again about more of the same. */
import type { Settings } from '../config/settings/table.ts';
import { perChunk } from '../lib/chunks.ts';
import { inOneGo } from '../lib/slices.ts';
import { countPolicies, createPolicyNames, isRoutable } from './live-routes.ts';
import type { Model, Server } from './model.ts';

export interface Experience {
  /** Whether a model has nothing but what nginx has taken already, for hosts and paths by other names. */
  covers(model: Model): boolean;
  /** nginx has taken these servers. */
  learn(servers: readonly Server[], settings: Settings): void;
}

/** Policies, for each state of the settings. */
const MOST = 10_000;

/**
 * Only names and literal paths differ between two hosts that say nothing at the level of their server: quoted text of bounded length,
 * which nginx takes whatever it says (compat/security.md section 5). All else is in the policies of their locations and in the settings.
 */
export function createExperience(): Experience {
  const taken = new WeakMap<Settings, Set<string>>();
  const { nameOf } = createPolicyNames();
  const policiesIn = perChunk(countPolicies);

  return {
    covers({ servers, redirects, limitGroups, http }) {
      const known = taken.get(http.settings);
      if (known === undefined || redirects.length > 0 || limitGroups.length > 0) return false;
      return servers.every(
        (server) => isRoutable(server) && server.locations.every(({ policy }) => known.has(nameOf(policy))),
      );
    },
    learn(servers, settings) {
      const known = taken.get(settings) ?? new Set();
      if (known.size > MOST) known.clear();
      for (const part of inOneGo(policiesIn(servers))) {
        for (const policy of part.keys()) known.add(nameOf(policy));
      }
      taken.set(settings, known);
    },
  };
}
