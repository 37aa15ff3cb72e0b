/** Brotli and databases about addresses, with their modules of nginx and without. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { expect } from 'chai';
import { detectNginx } from '../../nginx/detect.ts';
import { geoDatabase } from '../builders/geo.ts';
import { nginxBinary } from '../builders/real-nginx.ts';
import { configMap, ingressClass } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { site } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';

const settings = {
  'enable-brotli': 'true',
  'brotli-level': '5',
  'brotli-min-length': '24',
  'brotli-types': 'application/json',
  'use-geoip2': 'true',
  'geoip2-autoreload-in-minutes': '5',
  'proxy-set-headers': 'default/headers',
  'log-format-upstream': '$status from $geoip2_city_country_code, $geoip2_asn.',
  'http-snippet': 'map $geoip2_city_country_code $refused_country { default no; ZZ yes; }',
  'server-snippet': 'if ($refused_country = yes) { return 403; }',
};

const city = (code: string) => geoDatabase('GeoLite2-City', { 127: { country: { iso_code: code } } });
const asn = geoDatabase('GeoLite2-ASN', {
  127: { autonomous_system_number: 64_500, autonomous_system_organization: 'Loop' },
});

interface Raw {
  readonly encoding: string | undefined;
  readonly body: Buffer;
}

function ask(port: number, encoding: string): Promise<Raw> {
  const { promise, resolve, reject } = Promise.withResolvers<Raw>();
  const headers = { host: 'web.test', 'accept-encoding': encoding };
  get({ host: '127.0.0.1', port, path: '/', headers, agent: false }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () =>
      resolve({ encoding: response.headers['content-encoding'], body: Buffer.concat(chunks) }),
    );
  }).on('error', reject);
  return promise;
}

describe('modules of nginx that may be missing', () => {
  const the = useStage(async (stage) => {
    const { brotli, geoip2 } = await detectNginx(nginxBinary);
    const web = await stage.backend('web');
    stage.write(
      'class.yaml',
      ingressClass(),
      configMap('settings', settings),
      configMap('headers', { 'X-Country': '$geoip2_city_country_code' }),
    );
    stage.write('web.yaml', ...site('web', { places: [web] }));
    const dataDir = join(stage.folder, 'data');
    const geoip = join(dataDir, 'geoip');
    mkdirSync(geoip, { recursive: true });
    const put = (edition: string, content: Buffer | string) => {
      // As who fetches them should do it: a file is there as a whole, or not at all.
      writeFileSync(join(dataDir, 'new'), content);
      renameSync(join(dataDir, 'new'), join(geoip, `${edition}.mmdb`));
    };
    put('GeoLite2-City', city('XX'));
    put('GeoLite2-ASN', asn);
    const program = await stage.start({ dataDir, flags: ['--configmap=default/settings'] });
    return { program, put, geoip, hasBrotli: brotli !== null, hasPlaces: geoip2 !== null };
  });

  it('answers are compressed with Brotli, or the log says what to install', async () => {
    const { program, hasBrotli } = the();
    const { encoding, body } = await ask(program.ports.http, 'br, gzip');
    expect(encoding).to.equal(hasBrotli ? 'br' : undefined);
    const text = hasBrotli ? brotliDecompressSync(body).toString() : body.toString();
    expect(JSON.parse(text)).to.include({ backend: 'web' });
    if (!hasBrotli) await program.logged(/enable-brotli.*libnginx-mod-http-brotli-filter/);
    expect((await ask(program.ports.http, 'gzip')).encoding).to.equal(undefined);
  });

  it('nginx.conf spells Brotli as scripts know it', async () => {
    const { program, hasBrotli } = the();
    const text = await program.nginxConf();
    for (const line of ['brotli on;', 'brotli_types application/json;', 'brotli_min_length 24;'])
      expect(text.includes(line), line).to.equal(hasBrotli);
  });

  it('places of clients are looked up, or the log says what to install', async () => {
    const { program, hasPlaces } = the();
    const echo = (await program.http('web.test', '/')).echo();
    expect(echo.headers['x-country']).to.equal(hasPlaces ? 'XX' : undefined);
    await program.logged(hasPlaces ? /^200 from XX, 64500\.$/ : /^200 from , \.$/);
    if (!hasPlaces) await program.logged(/use-geoip2.*libnginx-mod-http-geoip2/);
    expect((await program.nginxConf()).includes('auto_reload 5m;')).to.equal(hasPlaces);
  });

  it('a newer file counts without a restart', async () => {
    const { program, put, hasPlaces } = the();
    put('GeoLite2-City', city('ZZ'));
    await eventually(async () =>
      expect((await program.http('web.test', '/')).status).to.equal(hasPlaces ? 403 : 200),
    );
    put('GeoLite2-City', city('XX'));
    await eventually(async () => expect((await program.http('web.test', '/')).status).to.equal(200));
  });

  it('a file that is missing or broken stops nothing', async () => {
    const { program, put, geoip, hasPlaces } = the();
    const country = async () => (await program.http('web.test', '/')).echo().headers['x-country'];
    for (const [break_, reason] of [
      [() => rmSync(join(geoip, 'GeoLite2-ASN.mmdb')), /use-geoip2.*GeoLite2-ASN\.mmdb is missing/],
      [() => put('GeoLite2-ASN', asn.subarray(0, 20)), /use-geoip2.*GeoLite2-ASN\.mmdb is no database/],
    ] as const) {
      const from = program.logLines().length;
      break_();
      await eventually(async () => expect(await country()).to.equal(undefined));
      if (hasPlaces) await program.logged(reason, { from });
      put('GeoLite2-ASN', asn);
      await eventually(async () => expect(await country()).to.equal(hasPlaces ? 'XX' : undefined));
    }
  });
});
