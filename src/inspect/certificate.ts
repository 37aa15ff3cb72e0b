/** The certificate of a host, without its key. */
import type { Graph, HostCertificate } from '../graph/graph.ts';
import { pemBlocks } from '../text/pem.ts';

export type ShownCertificate =
  | { readonly kind: 'own'; readonly secret: string; readonly chain: string }
  /** The host has TLS, but no usable certificate of its own. */
  | { readonly kind: 'default'; readonly reasons: readonly string[] }
  | { readonly kind: 'none' };

export function showCertificate(graph: Pick<Graph, 'certificates'>, host: string): ShownCertificate {
  const found = certificateOf(graph, host);
  if (found === undefined) return { kind: 'none' };
  const { certificate, problems } = found;
  if (certificate === null) return { kind: 'default', reasons: problems.map(({ message }) => message) };
  // Whatever else lies in the Secret's values, only what is meant for everybody gets out.
  const chain = pemBlocks(certificate.pem).filter(({ label }) =>
    /^(?:X509 |TRUSTED )?CERTIFICATE$/.test(label),
  );
  return {
    kind: 'own',
    secret: certificate.key,
    chain: chain.map(({ text }) => `${text}\n`).join(''),
  };
}

/** Of the host by its own name, else of the wildcard that it belongs to. */
export function certificateOf(
  { certificates }: Pick<Graph, 'certificates'>,
  host: string,
): HostCertificate | undefined {
  const name = host.toLowerCase();
  return (
    certificates.find((entry) => entry.host === name) ??
    certificates.find((entry) => entry.host === name.replace(/^[^.]+\./, '*.'))
  );
}
