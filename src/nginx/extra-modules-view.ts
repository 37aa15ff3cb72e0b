/** What modules of nginx bring that are loaded by need: Brotli, and databases about addresses (compat/behaviour.md 14.2). */
import type { Settings } from '../config/settings/table.ts';
import type { Model } from '../model/model.ts';
import type { Environment } from './environment.ts';
import type { GeoDatabase } from './geo-files.ts';

/** To be loaded. */
export function extraModules({ http }: Pick<Model, 'http'>, environment: Environment): readonly string[] {
  const { brotli, geoip2 } = environment.features;
  const { enableBrotli } = http.settings;
  const places = looksUp(http.settings, environment) && geoip2 !== null ? [geoip2] : [];
  return [...(enableBrotli && brotli !== null ? brotli : []), ...places];
}

export function brotliView(settings: Settings, { features }: Environment) {
  // The module has this one anyway, and warns when it is named.
  const types = settings.brotliTypes.filter((type) => (type as string) !== 'text/html');
  return {
    on: settings.enableBrotli && features.brotli !== null,
    level: settings.brotliLevel,
    minLength: settings.brotliMinLength,
    hasTypes: types.length > 0,
    types,
  };
}

// What is checked for the webhook reads no files.
function looksUp({ useGeoip2 }: Settings, { purpose, features, geo }: Environment): boolean {
  return useGeoip2.kind === 'on' && purpose === 'serve' && features.geoip2 !== null && geo.length > 0;
}

/** Annotations and header maps may name it anywhere, whether it is looked up or not. */
const COUNTRY = '$geoip2_city_country_code';

export function geoView(settings: Settings, environment: Environment) {
  const { useGeoip2, geoip2AutoreloadInMinutes: minutes } = settings;
  const isOn = looksUp(settings, environment);
  const known = environment.geo.flatMap(({ variables }) => variables.map(({ name }) => name));
  const there = new Set(isOn ? known : []);
  const asked = [...(useGeoip2.kind === 'off' ? [] : known), COUNTRY];
  return {
    isOn,
    version: useGeoip2.kind === 'on' ? useGeoip2.version : 0,
    databases: isOn ? environment.geo.flatMap((database) => databaseView(database, minutes)) : [],
    empty: [...new Set(asked)].filter((name) => !there.has(name)).map((variable) => ({ variable })),
  };
}

function databaseView({ path, variables }: GeoDatabase, minutes: number) {
  if (variables.length === 0) return [];
  return [
    {
      path,
      // As ingress-nginx has it (compat/configmap.md).
      rereads: minutes > 0 && !path.endsWith('GeoIP2-Connection-Type.mmdb'),
      minutes,
      variables: variables.map(({ name, place }) => ({ variable: name, place })),
    },
  ];
}
