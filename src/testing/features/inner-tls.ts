/** People of suites about TLS with endpoints, the Secrets that hold what they need, and annotations. */
import { makeAuthority } from '../harness/certificates.ts';
import type { Authority } from '../harness/certificates.ts';
import { secret } from '../harness/objects.ts';
import type { annotations } from '../harness/sites.ts';

export type Short = Parameters<typeof annotations>[0];

export const INNER = 'inner.test';

export async function makePeople() {
  const [ours, theirs] = [await makeAuthority('Ours'), await makeAuthority('Theirs')];
  const [middle, lower] = await chainBelow(ours);
  const server = await ours.issue(`CN=${INNER}`, { names: [INNER] });
  const deep = await lower.issue(`CN=${INNER}`, { names: [INNER] });
  return {
    ours,
    theirs,
    server,
    deep: { key: deep.key, certificate: deep.certificate + lower.certificate + middle.certificate },
    proxy: await ours.issue('CN=proxy'),
  };
}

async function chainBelow(root: Authority): Promise<readonly [Authority, Authority]> {
  const middle = await makeAuthority('Middle', root);
  return [middle, await makeAuthority('Lower', middle)];
}

export type People = Awaited<ReturnType<typeof makePeople>>;

export const secretsOf = ({ ours, theirs, proxy }: People) => [
  secret('both', { 'ca.crt': ours.certificate, 'tls.crt': proxy.certificate, 'tls.key': proxy.key }),
  secret('ours', { 'ca.crt': ours.certificate }),
  secret('theirs', { 'ca.crt': theirs.certificate }),
  secret('pair', { 'tls.crt': proxy.certificate, 'tls.key': proxy.key }),
  secret('garbage', { 'ca.crt': 'hello' }),
  secret('mixed', { 'ca.crt': ours.certificate, 'tls.crt': proxy.certificate, 'tls.key': theirs.key }),
  secret('far', { 'ca.crt': ours.certificate }, { namespace: 'elsewhere' }),
];

export const verified = (name: string, more: Short = {}): Short => ({
  'proxy-ssl-secret': `default/${name}`,
  'proxy-ssl-verify': 'on',
  'proxy-ssl-name': INNER,
  ...more,
});
