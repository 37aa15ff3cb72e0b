/** What ModSecurity does in a location (compat/behaviour.md 26.6). */
import type { Settings } from '../config/settings/table.ts';
import type { Annotations } from '../graph/annotations/read.ts';
import type { Expression, SecurityRules } from '../text/safe.ts';

/** Besides what is said for all locations. */
export interface SecurityPolicy {
  /** `inherit`: it is on everywhere. */
  readonly engine: 'on' | 'off' | 'inherit';
  /** Null with `usual: true`: those of modsecurity.conf. */
  readonly rules: SecurityRules | null;
  readonly usual: boolean;
  readonly coreRules: boolean;
  readonly transactionId: Expression | null;
}

export function securityPolicy({ modsecurity: own }: Annotations, settings: Settings): SecurityPolicy | null {
  const everywhere = settings.enableModsecurity;
  if (own.enabled === false) return everywhere ? OFF : null;
  if (!everywhere && own.enabled !== true) return null;
  const coreRules = own.coreRules === true && !(everywhere && settings.enableOwaspModsecurityCrs);
  const policy: SecurityPolicy = {
    engine: everywhere ? 'inherit' : 'on',
    rules: own.rules,
    usual: !everywhere && own.rules === null,
    coreRules,
    transactionId: own.transactionId,
  };
  const says = policy.engine === 'on' || policy.rules !== null || coreRules || policy.transactionId !== null;
  return says ? policy : null;
}

const OFF: SecurityPolicy = Object.freeze({
  engine: 'off',
  rules: null,
  usual: false,
  coreRules: false,
  transactionId: null,
});
