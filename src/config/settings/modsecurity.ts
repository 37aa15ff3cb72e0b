/** A firewall for what requests hold, for all Ingresses (compat/configmap.md). */
import { securityRules } from '../../text/modsecurity.ts';
import { bool } from '../../text/values.ts';
import { setting } from './setting.ts';

export const modsecuritySettings = {
  enableModsecurity: setting('enable-modsecurity', bool, {
    default: 'false',
    doc: 'Whether ModSecurity looks at all requests.',
  }),
  enableOwaspModsecurityCrs: setting('enable-owasp-modsecurity-crs', bool, {
    default: 'false',
    doc: 'Whether it uses the core rule set of OWASP, together with enable-modsecurity.',
  }),
  modsecuritySnippet: setting('modsecurity-snippet', securityRules, {
    default: '',
    doc: 'Rules instead of those of modsecurity.conf, which only detect.',
  }),
} as const;
