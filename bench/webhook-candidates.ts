/** Candidates for the admission webhook, good and bad ones. */
import { randomUUID } from 'node:crypto';
import type { Ingress } from '../src/source/objects.ts';
import { annotated, makeIngress } from './cluster.ts';

/** One host with many paths, of several Ingresses. */
export const BUSY = { host: 'busy.example.com', ingresses: 20, paths: 20 };

export interface Kind {
  readonly name: string;
  readonly allowed: boolean;
  readonly candidate: (n: number) => Ingress;
}

export const kinds: readonly Kind[] = [
  { name: 'new host', allowed: true, candidate: (n) => makeIngress(1_000_000 + n) },
  {
    name: `new path, host of ${BUSY.ingresses * BUSY.paths}`,
    allowed: true,
    candidate: (n) => site(`new-${n}`, BUSY.host, [`/new/${n}`]),
  },
  { name: 'update', allowed: true, candidate: (n) => makeIngress(n, n + 2) },
  { name: 'bad: path of another', allowed: false, candidate: (n) => site(`x-${n}`, BUSY.host, ['/0/0']) },
  { name: 'bad: regular expression', allowed: false, candidate: (n) => regex(n) },
  {
    name: 'bad: snippet',
    allowed: false,
    candidate: (n) => annotated(makeIngress(2_000_000 + n), 'server-snippet', 'return 200;'),
  },
  {
    name: 'bad: annotation',
    allowed: false,
    candidate: (n) => annotated(makeIngress(2_000_000 + n), 'client-body-buffer-size', 'x'),
  },
];

/** The Ingresses that share the host with many paths. */
export function busyIngresses(): readonly Ingress[] {
  return Array.from({ length: BUSY.ingresses }, (_, index) =>
    site(
      `busy-${index}`,
      BUSY.host,
      Array.from({ length: BUSY.paths }, (__, at) => `/${index}/${at}`),
    ),
  );
}

function site(name: string, host: string, paths: readonly string[]): Ingress {
  const made = makeIngress(0);
  const http = {
    paths: paths.map((path) => ({
      path,
      pathType: 'Prefix',
      backend: { service: { name: 'service-0', port: { number: 80 } } },
    })),
  };
  return {
    ...made,
    metadata: { ...made.metadata, name },
    spec: { ingressClassName: 'nginx', rules: [{ host, http }] },
  };
}

function regex(n: number): Ingress {
  return annotated(site(`regex-${n}`, `regex-${n}.example.com`, ['/(unclosed']), 'use-regex', 'true');
}

/** As the API server sends it. */
export function withUid(ingress: Ingress): Ingress {
  return { ...ingress, metadata: { ...ingress.metadata, uid: randomUUID() } };
}
