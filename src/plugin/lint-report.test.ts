import { expect } from 'chai';
import { LATEST, lintsWithin, parseVersion, reportOn } from './lint-report.ts';
import { deploymentLints, ingressLints } from './lints.ts';

const bad = {
  metadata: {
    name: 'bad',
    namespace: 'default',
    annotations: { 'nginx.ingress.kubernetes.io/mirror-uri': '/x', 'nginx.org/x': 'y' },
  },
};
const good = { metadata: { name: 'good', namespace: 'default' } };

describe('report of lints', () => {
  const mirror = '  - Uses the annotation "mirror-uri", which was removed; write mirror-target instead.\n';
  const other =
    '  - Has an annotation that begins with nginx.org/: it is for another controller, made by NGINX Inc.\n';

  it('names objects with findings only', () => {
    expect(reportOn([good, bad], ingressLints, {})).to.equal(`✗ bad\n${mirror}${other}\n`);
  });

  it('names the namespace, and all objects, when asked to', () => {
    expect(reportOn([good, bad], ingressLints, { allNamespaces: true, showAll: true })).to.equal(
      `✓ default/good\n✗ default/bad\n${mirror}${other}\n`,
    );
  });

  it('says more when asked to', () => {
    expect(reportOn([bad], ingressLints, { verbose: true })).to.equal(
      `✗ bad\n${mirror}      Lint added for version 0.28.1\n      https://github.com/kubernetes/ingress-nginx/issues/5015\n${other}\n`,
    );
  });

  it('is empty when all is well', () => {
    expect(reportOn([good], ingressLints, {})).to.equal('');
  });
});

describe('versions of lints', () => {
  const within = (from: string, to: string) =>
    lintsWithin(
      [...ingressLints, ...deploymentLints] as readonly {
        readonly version: string | null;
      }[] as typeof ingressLints,
      {
        from: parseVersion(from),
        to: parseVersion(to),
      },
    ).length;

  const cases: readonly (readonly [from: string, to: string, count: number])[] = [
    ['0.0.0', LATEST, 13],
    ['0.0.0', '0.0.0', 3],
    ['0.0.0', '0.20.9', 3],
    ['0.21.0', '0.21.0', 2],
    ['0.22.0', '0.24.0', 7],
    ['0.28.1', '1.0.0', 1],
    ['0.28.2', '1.0.0', 0],
    ['1.0.0', '0.1.0', 0],
  ];
  for (const [from, to, count] of cases)
    it(`are ${count} from ${from} to ${to}`, () => {
      expect(within(from, to)).to.equal(count);
    });

  for (const [text, version] of [
    ['1.15.1', [1, 15, 1]],
    ['v0.28.1', [0, 28, 1]],
    ['controller-v1.2.30-beta', [1, 2, 30]],
  ] as const)
    it(`reads ${text}`, () => {
      expect(parseVersion(text)).to.deep.equal(version);
    });

  for (const text of ['', 'UNKNOWN', '1.2'])
    it(`does not read "${text}"`, () => {
      expect(() => parseVersion(text)).to.throw('write for example 0.22.0');
    });
});
