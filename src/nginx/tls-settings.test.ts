/** The TLS keys of the ConfigMap, as the nginx of this machine takes them. */
import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { parseConfig } from '../text/lexer.ts';
import { readSettings } from '../config/settings/read.ts';
import { configMap, ingress, ingressClass, secret, service } from '../testing/builders/objects.ts';
import { openRealNginx } from '../testing/builders/real-nginx.ts';
import type { RealNginx } from '../testing/builders/real-nginx.ts';
import { render } from '../testing/builders/render.ts';

const TICKETS = Buffer.alloc(80, 7).toString('base64');
const site = [ingressClass(), service(), ingress({ host: 'a.example.com' })];

const taken: readonly (readonly [key: string, value: string, directive: string, printed: string | null])[] = [
  ['ssl-ciphers', 'ECDHE-RSA-AES256-GCM-SHA384:!aNULL', 'ssl_ciphers', 'ECDHE-RSA-AES256-GCM-SHA384:!aNULL'],
  ['ssl-ciphers', 'HIGH:@STRENGTH:@SECLEVEL=0', 'ssl_ciphers', 'HIGH:@STRENGTH:@SECLEVEL=0'],
  ['ssl-ciphers', '', 'ssl_ciphers', null],
  ['ssl-ciphers', '', 'ssl_prefer_server_ciphers', null],
  ['ssl-ecdh-curve', 'X25519:prime256v1:X448', 'ssl_ecdh_curve', 'X25519:prime256v1:X448'],
  ['ssl-early-data', 'true', 'ssl_early_data', 'on'],
  ['ssl-session-cache', 'false', 'ssl_session_cache', null],
  ['ssl-session-cache', 'false', 'ssl_session_timeout', null],
  ['ssl-session-cache-size', '20m', 'ssl_session_cache', 'shared:SSL:20m'],
  ['ssl-session-cache-size', '64k', 'ssl_session_cache', 'shared:SSL:64k'],
  ['ssl-session-timeout', '30m', 'ssl_session_timeout', '30m'],
  ['ssl-session-timeout', '1h30m', 'ssl_session_timeout', '1h30m'],
  ['ssl-session-timeout', '90', 'ssl_session_timeout', '90'],
  ['ssl-session-tickets', 'true', 'ssl_session_tickets', 'on'],
  ['ssl-session-ticket-key', Buffer.alloc(48, 1).toString('base64'), 'ssl_session_tickets', 'off'],
  ['ssl-buffer-size', '256', 'ssl_buffer_size', '256'],
  ['ssl-buffer-size', '1m', 'ssl_buffer_size', '1m'],
  ['ssl-reject-handshake', 'true', 'ssl_reject_handshake', 'on'],
];

const refused: readonly (readonly [key: string, value: string])[] = [
  ['ssl-ciphers', 'NOSUCHCIPHER'],
  ['ssl-ciphers', 'ALL:!ALL'],
  ['ssl-ciphers', 'PSK'],
  ['ssl-ciphers', "HIGH'; include /etc/passwd"],
  ['ssl-ciphers', 'HIGH@SECLEVEL=9'],
  ['ssl-ecdh-curve', 'nistx'],
  ['ssl-ecdh-curve', 'X25519:X25519'],
  ['ssl-ecdh-curve', 'auto;'],
  ['ssl-early-data', 'yes'],
  ['ssl-session-cache-size', '1k'],
  ['ssl-session-cache-size', '1g'],
  ['ssl-session-cache-size', '9999999m'],
  ['ssl-session-timeout', '10ms'],
  ['ssl-session-timeout', '10m; x'],
  ['ssl-session-timeout', '1m1h'],
  ['ssl-session-timeout', ''],
  ['ssl-session-ticket-key', 'YWJj'],
  ['ssl-session-ticket-key', '!'],
  ['ssl-session-ticket-key', `${TICKETS}\n;`],
  ['ssl-buffer-size', '0'],
  ['ssl-buffer-size', '2m'],
  ['ssl-dh-param', 'without-namespace'],
  ['ssl-dh-param', '../../etc/passwd'],
];

async function printed(directive: string, text: string) {
  const [http] = parseConfig(text).filter(({ name }) => name === 'http');
  const all = (http?.block ?? []).flatMap((entry) => [entry, ...(entry.block ?? [])]);
  return all.find(({ name }) => name === directive)?.args.join(' ') ?? null;
}

describe('TLS settings', () => {
  let nginx: RealNginx;
  before(async () => {
    nginx = await openRealNginx();
  });
  after(() => nginx.close());

  for (const [key, value, directive, expected] of taken) {
    it(`${key}: ${JSON.stringify(value)} prints ${directive} ${expected}, and nginx takes it`, async () => {
      const objects = [...site, configMap({ [key]: value })];
      expect(readSettings({ [key]: value }).faults).to.deep.equal([]);
      expect(await printed(directive, (await render(objects)).text)).to.equal(expected);
      expect(await nginx.check(objects)).to.deep.equal({ ok: true });
    });
  }

  for (const [key, value] of refused) {
    it(`${key}: ${JSON.stringify(value)} gives the default`, async () => {
      const { faults } = readSettings({ [key]: value });
      expect(faults.map((fault) => fault.key)).to.deep.equal([key]);
      const { text } = await render([...site, configMap({ [key]: value })]);
      expect(text).to.equal((await render([...site, configMap({})])).text);
    });
  }

  it('the ticket key stands in a file of its own, and never in nginx.conf', async () => {
    const objects = [...site, configMap({ 'ssl-session-ticket-key': TICKETS })];
    const { text, generation } = await render(objects);
    expect(generation.files.map(({ content }) => content.length)).to.deep.equal([80]);
    expect(text).to.include(`${generation.files[0]?.name}";`).and.not.include(TICKETS);
    expect(await nginx.check(objects)).to.deep.equal({ ok: true });
  });

  describe('ssl-dh-param', () => {
    const key = { 'ssl-dh-param': 'default/dh' };
    const dh = (data: Readonly<Record<string, string>>) => [
      ...site,
      configMap(key),
      secret({ name: 'dh', data }),
    ];
    const group = (name: string) =>
      execFileSync('openssl', ['genpkey', '-genparam', '-algorithm', 'DH', '-pkeyopt', `group:${name}`], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });

    it('is written to a file that nginx takes', async () => {
      const objects = dh({ 'dhparam.pem': group('ffdhe2048') });
      const { text, generation, graph } = await render(objects);
      expect(graph.problems.filter(({ code }) => code === 'dh-parameters-invalid')).to.deep.equal([]);
      expect(text)
        .to.include('ssl_dhparam "')
        .and.include(generation.files[0]?.name ?? 'nothing');
      expect(await nginx.check(objects)).to.deep.equal({ ok: true });
    });

    for (const [name, objects] of [
      ['a missing Secret', [...site, configMap(key)]],
      ['a missing key', dh({})],
      ['another block', dh({ 'dhparam.pem': '-----BEGIN X-----\nAAAA\n-----END X-----' })],
      ['too few bits', dh({ 'dhparam.pem': group('modp_1536') })],
      [
        'garbage',
        dh({
          'dhparam.pem': `-----BEGIN DH PARAMETERS-----\n${'AAAA'.repeat(100)}\n-----END DH PARAMETERS-----`,
        }),
      ],
    ] as const) {
      it(`${name} has no effect, and is said`, async () => {
        const { text, graph } = await render(objects);
        expect(graph.problems.map(({ code }) => code)).to.include('dh-parameters-invalid');
        expect(text).to.not.include('ssl_dhparam');
      });
    }
  });
});
