import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { defaultOptions } from '../config/flags/parse.ts';
import type { Options } from '../config/flags/table.ts';
import { makeFolder } from '../testing/builders/folder.ts';
import type { Folder } from '../testing/builders/folder.ts';
import { downloadDatabases } from './geo-download.ts';

describe('databases of MaxMind', () => {
  let folder: Folder;
  let server: Server;
  let mirror: string;
  let asked: string[];
  let told: { readonly level: string; readonly fields: Readonly<Record<string, unknown>> }[];

  beforeEach(async () => {
    folder = await makeFolder();
    [asked, told] = [[], []];
    mkdirSync(folder.file('in/GeoLite2-ASN_20260101'), { recursive: true });
    writeFileSync(folder.file('in/GeoLite2-ASN_20260101/GeoLite2-ASN.mmdb'), 'a database');
    writeFileSync(folder.file('in/GeoLite2-ASN_20260101/LICENSE.txt'), 'words');
    execFileSync('tar', [
      '-C',
      folder.file('in'),
      '-czf',
      folder.file('asn.tar.gz'),
      'GeoLite2-ASN_20260101',
    ]);
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      if (request.url === '/db/GeoLite2-ASN.tar.gz') response.end(readFileSync(folder.file('asn.tar.gz')));
      else if (request.url === '/db/GeoLite2-City.tar.gz') response.end('no archive');
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}/db`;
  });
  afterEach(async () => {
    await new Promise((resolve) => server.close(resolve));
    await folder.remove();
  });

  const run = (options: Partial<Options>) => {
    const note =
      (level: string) =>
      (_: string, fields: Readonly<Record<string, unknown>> = {}) =>
        void told.push({ level, fields });
    return downloadDatabases({
      options: { ...defaultOptions(), maxmindEditionIds: 'GeoLite2-ASN', ...options },
      folder: folder.file('geoip'),
      log: { info: note('info'), warn: note('warn'), error: note('error'), debug: () => undefined },
      signal: AbortSignal.timeout(20_000),
    });
  };

  it('are not fetched without a key or a mirror', async () => {
    await run({});
    expect([asked, told]).to.deep.equal([[], []]);
  });

  it('come from a mirror, out of their archive, with nothing beside them', async () => {
    await run({ maxmindMirror: `${mirror}/`, maxmindLicenseKey: 'k' });
    expect(asked).to.deep.equal(['/db/GeoLite2-ASN.tar.gz']);
    expect(readdirSync(folder.file('geoip'))).to.deep.equal(['GeoLite2-ASN.mmdb']);
    expect(readFileSync(folder.file('geoip/GeoLite2-ASN.mmdb'), 'utf8')).to.equal('a database');
    expect(told.map(({ level }) => level)).to.deep.equal(['info']);
  });

  it('stay as they are when something else comes, and one that fails stops no other', async () => {
    mkdirSync(folder.file('geoip'));
    writeFileSync(folder.file('geoip/GeoLite2-City.mmdb'), 'older');
    await run({ maxmindMirror: mirror, maxmindEditionIds: 'GeoLite2-City,GeoIP2-ISP,GeoLite2-ASN' });
    expect(readFileSync(folder.file('geoip/GeoLite2-City.mmdb'), 'utf8')).to.equal('older');
    expect(readdirSync(folder.file('geoip')).toSorted()).to.deep.equal([
      'GeoLite2-ASN.mmdb',
      'GeoLite2-City.mmdb',
    ]);
    expect(told.map(({ level, fields }) => `${level} ${String(fields['edition'])}`)).to.deep.equal([
      'warn GeoLite2-City',
      'warn GeoIP2-ISP',
      'info GeoLite2-ASN',
    ]);
    expect(String(told[1]?.fields['reason'])).to.match(/answers 404$/);
  });

  it('are asked for again when the connection is refused, and only then', async () => {
    await new Promise((resolve) => server.close(resolve));
    const { port } = new URL(mirror);
    const late = createServer((_, response) => response.end(readFileSync(folder.file('asn.tar.gz'))));
    const opening = setTimeout(() => late.listen(Number(port), '127.0.0.1'), 300);
    try {
      await run({ maxmindMirror: mirror, maxmindRetriesCount: 40, maxmindRetriesTimeout: 100 });
      expect(told.map(({ level }) => level)).to.deep.equal(['info']);
    } finally {
      clearTimeout(opening);
      late.close();
      server = createServer().listen(0);
    }
  });

  it('are asked for once where no pause is named, and no key is told', async () => {
    await new Promise((resolve) => server.close(resolve));
    await run({
      maxmindMirror: mirror.replace('/db', '/secret-key'),
      maxmindLicenseKey: 'secret-key',
      maxmindRetriesCount: 5,
    });
    server = createServer().listen(0);
    expect(told.map(({ level }) => level)).to.deep.equal(['warn']);
    expect(JSON.stringify(told)).to.include('ECONNREFUSED').and.not.include('secret-key');
  });
});
