import { expect } from 'chai';
import { flagNames } from '../config/flags/table.ts';
import { settingsTable } from '../config/settings/table.ts';
import { annotationFamilies } from '../graph/annotations/read.ts';
import { explain } from './explain.ts';

function told(...args: readonly string[]) {
  let text = '';
  const status = explain(args, (more) => (text += more));
  return { status, text };
}

describe('tidegate explain', () => {
  it('tells what an annotation is', () => {
    const { status, text } = told('allowlist-source-range');
    expect(status).to.equal(0);
    expect(text).to.equal(
      'Annotation nginx.ingress.kubernetes.io/allowlist-source-range\n' +
        '  Addresses and networks of clients that may come; all others get 403.\n' +
        '  Value: list of addresses and networks, for example "10.0.0.0/8,192.168.1.1"\n' +
        '  Example: 10.0.0.0/8,192.0.2.7\n' +
        '  When the value is wrong, all paths of the Ingress answer 503.\n' +
        '  Risk: Medium\n' +
        '  Older names: whitelist-source-range\n',
    );
  });

  const found: Readonly<Record<string, readonly RegExp[]>> = {
    'whitelist-source-range': [
      /^Annotation .*allowlist-source-range/,
      /\n\nKey whitelist-source-range of the ConfigMap\n/,
    ],
    'nginx.ingress.kubernetes.io/rewrite-target': [
      /^Annotation nginx\.ingress\.kubernetes\.io\/rewrite-target\n/,
    ],
    'proxy-body-size': [/^Annotation /, /Key proxy-body-size of the ConfigMap[^]*Default: 1m/],
    '--http-port': [/^Flag --http-port\n[^]*Default: 80\n$/],
    'use-geoip2': [/^Key use-geoip2 of the ConfigMap\n {2}Look up where [^]*Default: false\n$/],
  };
  for (const [name, patterns] of Object.entries(found)) {
    it(`finds ${name}`, () => {
      const { status, text } = told(name);
      expect(status).to.equal(0);
      for (const pattern of patterns) expect(text).to.match(pattern);
    });
  }

  it('suggests the nearest name', () => {
    expect(told('proxy-body-sise')).to.deep.equal({
      status: 1,
      text: 'proxy-body-sise is no annotation, key of the ConfigMap or flag; did you mean proxy-body-size?\n',
    });
    expect(told('x'.repeat(100)).text).to.match(/or flag\.\n$/);
  });

  it('wants one name', () => {
    expect(() => told()).to.throw(/name one annotation/);
    expect(() => told('a', 'b')).to.throw(/name one annotation/);
  });

  it('knows everything that there is', () => {
    const names = [
      ...Object.values(annotationFamilies).flatMap((family) => Object.values(family).map(({ name }) => name)),
      ...Object.values(settingsTable).map(({ key }) => key),
      ...flagNames,
    ];
    expect(names.filter((name) => told(name).status !== 0)).to.deep.equal([]);
  });
});
