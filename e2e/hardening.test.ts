/** What nginx and its checks can reach in the image, under the security context of deploy.yaml. */
import { expect } from 'chai';
import { controllerPod, inController } from './support/controller.ts';
import { kubectl } from './support/kubectl.ts';

const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const CONFINE = '/usr/lib/tidegate/confine --hide /var/run/secrets --hide /proc --';

/** What a script says and how it ends. */
const outcome = (script: string) => inController(`(${script}) 2>&1; echo "ended with $?"`);

describe('the controller in its pod', () => {
  let log: string;

  before(async () => {
    log = await kubectl(['--namespace', 'ingress-nginx', 'logs', (await controllerPod()).name]);
  });

  it('starts nginx so that it cannot read the token, which the controller needs, nor anything of processes', async () => {
    expect(log).to.include('nginx is confined').and.to.not.include('nginx is not confined');
    expect(await outcome(`head -c 3 ${TOKEN}`)).to.include('ended with 0');
    expect(await outcome(`${CONFINE} head -c 3 ${TOKEN}`))
      .to.include('Permission denied')
      .and.to.include('ended with 1');
    expect(await outcome(`${CONFINE} cat /proc/1/environ`)).to.include('Permission denied');
    expect(await outcome(`${CONFINE} cat /etc/nginx/nginx.conf`)).to.include('ended with 0');
  });

  it('shows candidates to nginx in a sandbox', () => {
    expect(log).to.match(/candidates are checked .*sandbox="(?:landlock|namespaces)"/);
  });

  it('runs without root and without a capability but that for low ports', async () => {
    const status = await inController('cat /proc/$(cat /tmp/nginx/nginx.pid)/status');
    expect(status).to.match(/^Uid:\t101\t101\t101\t101$/m);
    expect(status).to.match(/^NoNewPrivs:\t1$/m);
    // CAP_NET_BIND_SERVICE is number 10 (capability.h).
    const [, effective = ''] = /^CapEff:\t([0-9a-f]+)$/m.exec(status) ?? [];
    expect([0n, 1n << 10n]).to.include(BigInt(`0x${effective}`));
  });

  it('has nothing in quarantine', async () => {
    expect(JSON.parse(await inController('/dbg quarantine'))).to.deep.equal([]);
  });

  it('says what it is made of', async () => {
    const bom = JSON.parse(await inController('cat /usr/lib/tidegate/sbom.cdx.json')) as Bom;
    expect(bom.bomFormat).to.equal('CycloneDX');
    expect(bom.components.map(({ name }) => name))
      .to.include('handlebars')
      .and.to.not.include('mocha');
    const packages = await inController('cat /usr/lib/tidegate/packages.txt');
    expect(packages)
      .to.match(/^nginx\t\d/m)
      .and.match(/^libnginx-mod-http-lua\t\d/m);
  });
});

interface Bom {
  readonly bomFormat: string;
  readonly components: readonly { readonly name: string }[];
}
