import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { environment } from '../testing/builders/environment.ts';
import { makeFolder } from '../testing/builders/folder.ts';
import type { Folder } from '../testing/builders/folder.ts';
import { geoDatabase } from '../testing/builders/geo.ts';
import { createMachine, geoDatabasesOf } from './geo-files.ts';

const { features } = environment();
const city = geoDatabase('GeoLite2-City', { 127: { country: { iso_code: 'XX' } } });

describe('databases about addresses', () => {
  let folder: Folder;
  beforeEach(async () => {
    folder = await makeFolder();
  });
  afterEach(() => folder.remove());

  const machine = (editions = 'GeoLite2-City,GeoLite2-ASN') =>
    createMachine({ features, geo: geoDatabasesOf(editions, folder.path) });
  const put = (edition: string, content: Buffer | string) =>
    writeFileSync(folder.file(`${edition}.mmdb`), content);

  it('are used when all of them are there', () => {
    put('GeoLite2-City', city);
    put('GeoLite2-ASN', city);
    expect(machine()().geo.missing).to.equal(null);
  });

  it('bring variables by edition', () => {
    expect(machine('GeoLite2-ASN')().geo.variables).to.deep.equal(['$geoip2_asn', '$geoip2_org']);
    expect(machine('GeoIP2-Domain')().geo.variables).to.deep.equal([]);
  });

  const faults: readonly (readonly [what: string, make: () => void, reason: RegExp])[] = [
    ['that is missing', () => undefined, /GeoLite2-City\.mmdb is missing, .*GeoLite2-ASN\.mmdb is missing/],
    [
      'that is cut off',
      () => put('GeoLite2-City', city.subarray(0, 40)),
      /City\.mmdb is no database of MaxMind/,
    ],
    ['that is empty', () => put('GeoLite2-City', ''), /City\.mmdb is no database of MaxMind/],
    ['that is something else', () => put('GeoLite2-City', 'x'.repeat(300_000)), /is no database of MaxMind/],
    ['that is a folder', () => mkdirSync(folder.file('GeoLite2-City.mmdb')), /is no database of MaxMind/],
  ];
  for (const [what, make, reason] of faults) {
    it(`are not used with one ${what}`, () => {
      make();
      expect(machine()().geo.missing).to.match(reason);
    });
  }

  it('are not used when none is named, or nginx cannot read them', () => {
    expect(machine('')().geo.missing).to.include('--maxmind-edition-ids');
    const unable = createMachine({ features: { ...features, geoip2: null, brotli: null }, geo: [] })();
    expect(unable.geo.missing).to.include('libnginx-mod-http-geoip2');
    expect(unable.brotli).to.include('libnginx-mod-http-brotli-filter');
    expect(machine()().brotli).to.equal(null);
  });

  it('have another version when a file has changed, and only then', () => {
    put('GeoLite2-ASN', city);
    const look = machine('GeoLite2-ASN');
    const { version } = look().geo;
    expect(look().geo.version).to.equal(version);
    rmSync(folder.file('GeoLite2-ASN.mmdb'));
    put('GeoLite2-ASN', Buffer.concat([Buffer.alloc(10), city]));
    expect(look().geo.version).to.not.equal(version);
  });
});
