/** ModSecurity as nginx's module has it (compat/behaviour.md 26.6). */
import type { HttpModel, Policy } from '../model/model.ts';
import type { Environment } from './environment.ts';

type Files = Pick<Environment, 'purpose' | 'modsecurity'>;

/** Of a location. */
export function securityView({ security }: Pick<Policy, 'security'>, { purpose, modsecurity }: Files) {
  // Where a candidate is looked at, nothing but the candidate can be read.
  const seesFiles = purpose === 'serve';
  return {
    switched: security !== null && security.engine !== 'inherit',
    engine: security?.engine ?? '',
    texts: security === null || security.rules === null ? [] : [security.rules],
    files: [
      ...(seesFiles && security?.usual === true ? [modsecurity.usual] : []),
      ...(seesFiles && security?.coreRules === true ? [modsecurity.coreRules] : []),
    ],
    hasTransactionId: security !== null && security.transactionId !== null,
    transactionId: security?.transactionId ?? '',
  };
}

/** Of http. */
export function globalSecurityView(
  { settings, modsecurity: isLoaded }: Pick<HttpModel, 'settings' | 'modsecurity'>,
  environment: Files & Pick<Environment, 'features'>,
) {
  const { enableModsecurity, enableOwaspModsecurityCrs, modsecuritySnippet: rules } = settings;
  const security = {
    engine: 'on',
    rules: rules === '' ? null : rules,
    usual: rules === '',
    coreRules: enableOwaspModsecurityCrs,
    transactionId: null,
  } as const;
  return {
    hasModsecurity: isLoaded,
    modsecurityModule: environment.features.modsecurity,
    hasGlobalSecurity: enableModsecurity,
    globalSecurity: securityView({ security: enableModsecurity ? security : null }, environment),
  };
}
