/** Any keys of the ConfigMap with good values, together: what comes of them is a file that nginx takes. */
import { expect } from 'chai';
import fc from 'fast-check';
import { readSettings } from '../../config/settings/read.ts';
import { parseConfig } from '../../text/lexer.ts';
import { configMap } from '../builders/objects.ts';
import { openRealNginx } from '../builders/real-nginx.ts';
import type { RealNginx } from '../builders/real-nginx.ts';
import { render } from '../builders/render.ts';
import { keyValues, settingsData } from '../builders/setting-values.ts';
import { configured as objects } from '../builders/configured.ts';

const options = {
  streams: { tcp: 'default/tcp', udp: null, reserved: new Map(), passthrough: false, module: 'there' },
} as const;

/** Keys that say more than is there, on purpose: others must be there for them. */
const MAY_BE_SETTLED = new Set([
  'enable-syslog',
  'enable-opentelemetry',
  'proxy-busy-buffers-size',
  'log-format-upstream',
  'log-format-stream',
]);

describe('any keys of the ConfigMap with good values', function () {
  this.timeout(240_000);

  for (const { key, values } of keyValues) {
    it(`has values for ${key}, all of which are taken`, () => {
      if (values === null)
        throw new Error(`say how values of the kind of ${key} are made, in setting-values.ts`);
      fc.assert(
        fc.property(values, (value) => {
          const faults = readSettings({ [key]: value }).faults;
          expect(faults.filter((fault) => !MAY_BE_SETTLED.has(fault.key))).to.deep.equal([]);
        }),
        { numRuns: 50 },
      );
    });
  }

  it('give a text that is what the templates say', async () => {
    await fc.assert(
      fc.asyncProperty(settingsData, async (data) => {
        // The renderer throws unless head, servers and tail have the trees that they should have.
        const { text } = await render([...objects, configMap(data)], { options });
        expect(parseConfig(text).map(({ name }) => name)).to.include('http');
      }),
      { numRuns: 1000 },
    );
  });

  describe('give a file that nginx takes', () => {
    let nginx: RealNginx;
    before(async () => {
      nginx = await openRealNginx();
    });
    after(() => nginx.close());

    it('for a sample of them', async () => {
      await fc.assert(
        fc.asyncProperty(settingsData, async (data) => {
          expect(await nginx.check([...objects, configMap(data)], nginx.environment, options)).to.deep.equal({
            ok: true,
          });
        }),
        { numRuns: 40, endOnFailure: true },
      );
    });
  });
});
