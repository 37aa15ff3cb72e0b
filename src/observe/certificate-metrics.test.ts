import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { examplePair, otherPair } from '../testing/builders/certificates.ts';
import { createCertificateMetrics } from './certificate-metrics.ts';
import type { ShownCertificate } from './certificate-metrics.ts';
import { printFamilies } from './exposition.ts';

const shown = (key: string, pair: typeof examplePair): ShownCertificate => ({
  key,
  pem: `${pair.certificate}\n${pair.key}`,
  expires: 1_800_000_000_000,
});
const own = shown('shop/tls', examplePair);
const standard = shown('ops/standard', otherPair);
const serialOf = ({ pem }: ShownCertificate) =>
  BigInt(`0x${new X509Certificate(pem).serialNumber}`).toString();

describe('metrics of certificates', () => {
  const metrics = createCertificateMetrics('k8s.io/ingress-nginx');
  const text = async (leads = true) => printFamilies(await metrics.families(() => leads));

  it('are none before there are any', async () => expect(await text()).to.equal(''));

  it('name host, Secret and issuer, and the end', async () => {
    metrics.serving(
      [
        { host: 'a.test', certificate: own },
        { host: 'b.test', certificate: null },
      ],
      standard,
    );
    const labels = `namespace="shop",class="k8s.io/ingress-nginx",host="a.test",secret_name="tls",identifier="-${serialOf(own)}"`;
    expect(await text()).to.include(`nginx_ingress_controller_ssl_expire_time_seconds{${labels}} 1.8e+09\n`);
    expect(await text()).to.match(
      /ssl_certificate_info\{namespace="shop".*host="a\.test".*issuer_organization="[^"]*",issuer_common_name="[^"]*",serial_number="\d+",public_key_algorithm="(?:ECDSA|RSA)"\} 1\n/,
    );
    for (const host of ['b.test', '_'])
      expect(await text()).to.match(
        new RegExp(`namespace="ops",class="[^"]*",host="${host}",secret_name="standard"`),
      );
  });

  it('leave the end to the leader', async () => {
    expect(await text(false))
      .to.include('ssl_certificate_info')
      .and.not.include('ssl_expire_time_seconds');
  });

  it('leave out what cannot be read, and forget what is served no more', async () => {
    metrics.serving([{ host: 'a.test', certificate: { ...own, pem: 'no certificate' } }], null);
    expect(await text()).to.equal('');
  });
});
