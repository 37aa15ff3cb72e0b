/** What nginx has taken before, so that it needs not be asked again about more of the same. */
import type { Settings } from '../config/settings/table.ts';
import { createPolicyNames, isRoutable } from './live-routes.ts';
import type { Model } from './model.ts';

export interface Experience {
  /** Whether a model has nothing but what nginx has taken already, for hosts and paths by other names. */
  covers(model: Model): boolean;
  /** nginx has taken this. */
  learn(model: Model): void;
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

  function policiesOf({ servers }: Model): readonly string[] {
    return servers.flatMap(({ locations }) => locations.map(({ policy }) => nameOf(policy)));
  }

  return {
    covers(model) {
      const known = taken.get(model.http.settings);
      return known !== undefined && isPlain(model) && policiesOf(model).every((name) => known.has(name));
    },
    learn(model) {
      if (!isPlain(model)) return;
      const { settings } = model.http;
      const known = taken.get(settings) ?? new Set();
      if (known.size > MOST) known.clear();
      for (const name of policiesOf(model)) known.add(name);
      taken.set(settings, known);
    },
  };
}

function isPlain({ servers, redirects, limitGroups }: Model): boolean {
  return redirects.length === 0 && limitGroups.length === 0 && servers.every(isRoutable);
}
