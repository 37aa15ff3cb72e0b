/** What locations tell Lua in variables: one for each thing that it asks, since reading them is what takes time there. */
import type { Settings } from '../config/settings/table.ts';
import type { Location, Policy, Route, Server } from '../model/model.ts';
import { authView } from './auth-view.ts';
import type { Environment } from './environment.ts';

/** What Lua has to look for beyond the words of the ConfigMap; `cors`: only for preflights, which anybody may ask. */
type Special = '' | 'cors' | 'yes';

export function specialView(location: Location, settings: Settings) {
  const isMore = authView(location).hasSignin || location.route.tlsRedirect === 'never';
  return isMore ? { isSpecial: true, special: 'yes' } : specialPolicyView(location.policy, settings);
}

export function specialPolicyView(policy: Policy, settings: Settings) {
  const special = specialOf(policy, settings);
  return { isSpecial: special !== '', special };
}

function specialOf({ cors, redirect, password, answer }: Policy, settings: Settings): Special {
  const { ssl, forceSsl } = redirect;
  const isMore =
    password !== null ||
    (ssl ?? settings.sslRedirect) !== settings.sslRedirect ||
    (forceSsl ?? settings.forceSslRedirect) !== settings.forceSslRedirect;
  if (isMore) return 'yes';
  if (cors === null) return '';
  return cors.origins === '*' && answer === 'proxy' ? 'cors' : 'yes';
}

/** What its requests are counted as (compat/metrics.md): equal for locations with equal labels, so that Lua has one name for them. */
export function countedView({ namespace, ingress, service, path }: Route, host: string | null) {
  return {
    isCounted: host !== null,
    countedAs: host === null ? '' : [host, namespace, ingress, service, path].join('|'),
  };
}

/** The one name of all requests to the server; null when it has several, or requests are not counted. */
export function countedHost({ name, aliases }: Server, { metrics }: Environment): string | null {
  return metrics !== null && name.kind === 'exact' && aliases.length === 0 ? name.name : null;
}
