/** Keys that ingress-nginx takes and reads nowhere (compat/configmap.md, "dead" and "internal"). */
import { bool, integer, literal } from '../../text/values.ts';
import { setting } from './setting.ts';

const PER_INGRESS = 'Has no effect, in ingress-nginx neither: only the annotation of this name has one.';

export const settingsWithoutEffect = {
  appRoot: setting('app-root', literal, { default: '', doc: PER_INGRESS }),
  upstreamHashBy: setting('upstream-hash-by', literal, { default: '', doc: PER_INGRESS }),
  upstreamHashBySubset: setting('upstream-hash-by-subset', bool, { default: 'false', doc: PER_INGRESS }),
  upstreamHashBySubsetSize: setting('upstream-hash-by-subset-size', integer({ min: 0, max: 1_000_000_000 }), {
    default: '0',
    doc: PER_INGRESS,
  }),
  globalExternalAuth: setting('global-external-auth', literal, {
    default: '',
    doc: 'Has no effect, in ingress-nginx neither: the keys global-auth-* say it.',
  }),
} as const;
