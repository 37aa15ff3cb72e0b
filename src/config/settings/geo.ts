/** Where clients are, from databases of MaxMind (compat/configmap.md, "ModSecurity, GeoIP2, OpenTelemetry"). */
import { ok } from '../../lib/result.ts';
import { bool, integer } from '../../text/values.ts';
import type { ValueType } from '../../text/values.ts';
import { setting } from './setting.ts';

/** `empty`: asked for, but not to be had: the variables are there and hold nothing. */
export type GeoState =
  | { readonly kind: 'off' | 'empty' }
  /** @param version changes with the files. */
  | { readonly kind: 'on'; readonly version: number };

const geoState: ValueType<GeoState> = {
  name: bool.name,
  parse: (text) => {
    const parsed = bool.parse(text);
    if (!parsed.ok) return parsed;
    return ok(parsed.value ? { kind: 'on', version: 0 } : { kind: 'off' });
  },
};

export const geoSettings = {
  useGeoip2: setting('use-geoip2', geoState, {
    default: 'false',
    doc: 'Look up where clients are in the databases of --maxmind-edition-ids in /etc/ingress-controller/geoip; snippets and logs get variables. Needs a module of nginx.',
  }),
  geoip2AutoreloadInMinutes: setting('geoip2-autoreload-in-minutes', integer({ min: 0, max: 100_000 }), {
    default: '0',
    doc: 'Minutes after which nginx itself looks for newer files; Tidegate reloads when they change anyway.',
  }),
} as const;
