/** Any keys of the ConfigMap with good values, in the image: its nginx is newer than Debian 12's, and has all modules. */
import { expect } from 'chai';
import fc from 'fast-check';
import { configured } from '../src/testing/builders/configured.ts';
import { geoDatabase } from '../src/testing/builders/geo.ts';
import { configMap } from '../src/testing/builders/objects.ts';
import { settingsData } from '../src/testing/builders/setting-values.ts';
import { NAMESPACE, controllerPod, inController } from './support/controller.ts';
import { kubectl } from './support/kubectl.ts';

const ROUNDS = 25;
/** Only a running controller writes the file that this key is about. */
const WITH_A_FILE = 'ssl-session-ticket-key';
const DATABASES = ['GeoLite2-City', 'GeoLite2-ASN'].map(
  (type) => `/etc/ingress-controller/geoip/${type}.mmdb`,
);
const FOLDER = '/tmp/settings-test';

/** nginx tries the ports, too; low ones are for the controller. */
const CHECK = `
mkdir -p ${FOLDER} && cat > ${FOLDER}/all.yaml &&
/nginx-ingress-controller render --manifests=${FOLDER} --configmap=ingress-nginx/ingress-nginx-controller \\
  --http-port=18080 --https-port=18443 > /tmp/settings-test.conf &&
nginx -t -q -c /tmp/settings-test.conf && echo good`;

describe('keys of the ConfigMap, for the nginx of the image', () => {
  after(() => inController(`rm -rf ${FOLDER} ${FOLDER}.conf ${DATABASES.join(' ')}`));

  it('give a file that it takes, whatever keys stand together', async () => {
    const { name } = await controllerPod();
    const run = (script: string, input: string) =>
      kubectl(['--namespace', NAMESPACE, 'exec', '--stdin', name, '--', 'sh', '-c', script], input);
    const check = (data: Readonly<Record<string, string>>) => {
      const list = { apiVersion: 'v1', kind: 'List', items: [...configured, configMap(data)] };
      return run(`(${CHECK}) 2>&1; true`, JSON.stringify(list));
    };
    for (const path of DATABASES)
      await run(`base64 -d > ${path}`, geoDatabase('GeoLite2-City', {}).toString('base64'));
    expect(await inController('nginx -v 2>&1')).to.match(/nginx\/1\.(?:2[6-9]|[3-9]\d)/);
    // What a key cannot have.
    expect(await check({ 'server-snippet': 'no_such_directive 1;' })).to.include('no_such_directive');
    for (const sample of fc.sample(settingsData, { numRuns: ROUNDS, seed: 2026 })) {
      const data = Object.fromEntries(Object.entries(sample).filter(([key]) => key !== WITH_A_FILE));
      const said = await check(data);
      expect(said.trim().endsWith('good'), `${said}\nwith ${JSON.stringify(data)}`).to.equal(true);
    }
  });
});
