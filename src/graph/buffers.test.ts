import { expect } from 'chai';
import { configMap, ingress, ingressClass, service } from '../testing/builders/objects.ts';
import { evaluate } from '../testing/builders/pipeline.ts';
import { openRealNginx } from '../testing/builders/real-nginx.ts';
import type { RealNginx } from '../testing/builders/real-nginx.ts';
import { render } from '../testing/builders/render.ts';
import { parseConfig } from '../text/lexer.ts';

type Text = Readonly<Record<string, string>>;

const objectsOf = (annotations: Text, settings: Text) => [
  service(),
  ingress({ host: 'a.test', annotations }),
  configMap(settings),
];

/** Annotations and settings, what the location says, what http says, and whether the owner is told. */
const rows: readonly (readonly [Text, Text, own: string | null, http: string | null, told: boolean])[] = [
  [{}, {}, null, null, false],
  [{ 'proxy-busy-buffers-size': '4k' }, {}, '4k', null, false],
  [{ 'proxy-busy-buffers-size': '12288' }, {}, '12288', null, false],
  [{ 'proxy-busy-buffers-size': '12289' }, {}, null, null, true],
  [{ 'proxy-busy-buffers-size': '4095' }, {}, null, null, true],
  [{ 'proxy-busy-buffers-size': '16k', 'proxy-buffers-number': '5' }, {}, '16k', null, false],
  [{ 'proxy-busy-buffers-size': '16k', 'proxy-buffer-size': '32k' }, {}, null, null, true],
  [{ 'proxy-busy-buffers-size': '16k', 'proxy-buffer-size': '8k' }, {}, '16k', null, false],
  [{ 'proxy-busy-buffers-size': '16k' }, { 'proxy-buffers-number': '8' }, '16k', null, false],
  [{ 'proxy-busy-buffers-size': '16k' }, { 'proxy-buffer-size': '32k' }, null, null, true],
  [{ 'proxy-buffers-number': '2' }, {}, '4k', null, false],
  [{ 'proxy-buffers-number': '2', 'proxy-busy-buffers-size': '8k' }, {}, '4k', null, true],
  [{}, { 'proxy-buffers-number': '2' }, null, '4k', false],
  [{ 'proxy-buffer-size': '8k' }, { 'proxy-buffers-number': '2' }, '8k', '4k', false],
  [{}, { 'proxy-busy-buffers-size': '12k' }, null, '12k', false],
  [{ 'proxy-buffer-size': '16k' }, { 'proxy-busy-buffers-size': '12k' }, '16k', '12k', false],
  [{ 'proxy-buffer-size': '8k' }, { 'proxy-busy-buffers-size': '12k' }, null, '12k', false],
  [{ 'proxy-buffers-number': '3' }, { 'proxy-busy-buffers-size': '12k' }, '4k', '12k', false],
  [{}, { 'proxy-busy-buffers-size': '1m' }, null, null, false],
];

describe('busy buffers', () => {
  let nginx: RealNginx;
  before(async () => {
    nginx = await openRealNginx();
  });
  after(() => nginx.close());

  for (const [annotations, settings, own, http, told] of rows) {
    it(`with ${JSON.stringify(annotations)} and ${JSON.stringify(settings)} are what nginx takes`, async () => {
      const objects = objectsOf(annotations, settings);
      const { problems } = evaluate(objects).graph;
      expect(problems.map(({ severity, code }) => `${severity} ${code}`)).to.deep.equal(
        told ? ['refused annotation-invalid'] : [],
      );
      const { text } = await render([ingressClass(), ...objects]);
      const block = parseConfig(text).find(({ name }) => name === 'http')?.block ?? [];
      const busyOf = (directives: typeof block) =>
        directives.find(({ name }) => name === 'proxy_busy_buffers_size')?.args[0] ?? null;
      const server = block.find(({ block: inner }) => inner?.some(({ args }) => args[0] === 'a.test'));
      const location = server?.block?.find(({ name }) => name === 'location');
      expect([busyOf(location?.block ?? []), busyOf(block)]).to.deep.equal([own, http]);
      expect(await nginx.check([ingressClass(), ...objects])).to.deep.equal({ ok: true });
    });
  }
});

describe('annotations that have no effect with ingress-nginx either', () => {
  it('are told about once, and harm nothing', () => {
    const annotations = {
      'secure-verify-ca-secret': 'default/x',
      'enable-influxdb': 'true',
      'influxdb-measurement': 'x',
      'influxdb-port': '1',
      'influxdb-host': 'x',
      'influxdb-server-name': 'x',
    };
    const { graph } = evaluate([service(), ingress({ host: 'a.test', annotations })]);
    expect(graph.problems.map(({ severity, code, message }) => [severity, code, message])).to.deep.equal([
      [
        'warning',
        'annotation-deprecated',
        'has no effect, as with ingress-nginx itself; write proxy-ssl-secret and proxy-ssl-verify instead',
      ],
      [
        'warning',
        'annotation-deprecated',
        'has no effect, as with ingress-nginx itself; remove enable-influxdb and influxdb-*; the metrics of the controller tell the same',
      ],
    ]);
    expect(graph.hosts.find(({ name }) => name === 'a.test')?.paths[0]?.owner?.state).to.equal('accepted');
  });
});
