/** Databases about where addresses are, and the variables that each brings (compat/behaviour.md 14.2, compat/flags.md). */

export interface GeoVariable {
  /** With its `$`. */
  readonly name: string;
  /** Where the value is in an entry; a value for addresses without one may stand in front. */
  readonly place: readonly string[];
}

const names = (variable: string, place: string): readonly GeoVariable[] => [
  { name: variable, place: place.split(' ') },
];

function country(prefix: string): readonly GeoVariable[] {
  return [
    ...names(`$geoip2_${prefix}country_code`, 'country iso_code'),
    ...names(`$geoip2_${prefix}country_name`, 'country names en'),
    ...names(`$geoip2_${prefix}country_geoname_id`, 'country geoname_id'),
    ...names(`$geoip2_${prefix}continent_code`, 'continent code'),
    ...names(`$geoip2_${prefix}continent_name`, 'continent names en'),
    ...names(`$geoip2_${prefix}continent_geoname_id`, 'continent geoname_id'),
  ];
}

function region(name: string, index: number): readonly GeoVariable[] {
  return [
    ...names(`$geoip2_${name}_code`, `subdivisions ${index} iso_code`),
    ...names(`$geoip2_${name}_name`, `subdivisions ${index} names en`),
    ...names(`$geoip2_${name}_geoname_id`, `subdivisions ${index} geoname_id`),
  ];
}

const city = [
  ...country('city_'),
  ...names('$geoip2_city', 'city names en'),
  ...names('$geoip2_city_geoname_id', 'city geoname_id'),
  ...names('$geoip2_postal_code', 'postal code'),
  ...names('$geoip2_dma_code', 'location metro_code'),
  ...names('$geoip2_latitude', 'location latitude'),
  ...names('$geoip2_longitude', 'location longitude'),
  ...names('$geoip2_time_zone', 'location time_zone'),
  ...region('region', 0),
  ...region('subregion', 1),
];

const asn = [
  ...names('$geoip2_asn', 'autonomous_system_number'),
  ...names('$geoip2_org', 'autonomous_system_organization'),
];

const anonymous = ['is_anonymous', 'is_anonymous_vpn', 'is_hosting_provider', 'is_public_proxy'];

/** Null: the edition can be fetched, and nginx has nothing for it. */
export const geoEditions = {
  'GeoIP2-Anonymous-IP': [
    ...names('$geoip2_is_anon', 'is_anonymous'),
    ...[...anonymous, 'is_tor_exit_node'].flatMap((flag) => names(`$geoip2_${flag}`, `default=0 ${flag}`)),
  ],
  'GeoIP2-Country': country(''),
  'GeoIP2-City': city,
  'GeoIP2-Connection-Type': names('$geoip2_connection_type', 'connection_type'),
  'GeoIP2-Domain': null,
  'GeoIP2-ISP': [
    ...names('$geoip2_isp', 'isp'),
    ...names('$geoip2_isp_org', 'organization'),
    ...names('$geoip2_asn', 'default=0 autonomous_system_number'),
  ],
  'GeoIP2-ASN': asn,
  'GeoLite2-ASN': asn,
  'GeoLite2-Country': country(''),
  'GeoLite2-City': city,
} as const satisfies Readonly<Record<string, readonly GeoVariable[] | null>>;

export type GeoEdition = keyof typeof geoEditions;

export function isGeoEdition(name: string): name is GeoEdition {
  return Object.hasOwn(geoEditions, name);
}

/** Of --maxmind-edition-ids; unknown ones are left out. */
export function geoEditionsOf(text: string): readonly GeoEdition[] {
  return [...new Set(text.split(','))].filter(isGeoEdition);
}

/** Each variable belongs to the first edition that has it. */
export function geoVariablesOf(
  editions: readonly GeoEdition[],
): ReadonlyMap<GeoEdition, readonly GeoVariable[]> {
  const seen = new Set<string>();
  return new Map(
    editions.map((edition) => {
      const own = (geoEditions[edition] ?? []).filter(({ name }) => !seen.has(name));
      for (const { name } of own) seen.add(name);
      return [edition, own];
    }),
  );
}
