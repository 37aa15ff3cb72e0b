import { expect } from 'chai';
import { parseAlias } from './alias.ts';
import { network } from './network.ts';
import { parseUrl } from './url.ts';

interface Rows {
  readonly parse: (text: string) => { readonly ok: boolean };
  readonly taken: readonly string[];
  readonly refused: readonly string[];
}

const types: Readonly<Record<string, Rows>> = {
  alias: {
    parse: parseAlias,
    taken: ['a.test', 'A.test', '*.a.test', '.a.test', 'www.a.*', '~^www\\d+\\.a\\.test$'],
    refused: ['', '*', 'a*b.test', '*.a.*.test', '~(', '~', 'a b', 'a;b', '~^a b$', '~(?<x>a)', 'a..test'],
  },
  network: {
    parse: network.parse,
    taken: ['10.0.0.1', '10.0.0.0/8', '0.0.0.0/0', '255.255.255.254', '::/0', '2001:db8::1', '2001:db8::/32'],
    refused: [
      '',
      'all',
      '10.0.0.0/33',
      '10.0.0',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      'fe80::1%eth0',
      '::/129',
      '255.255.255.255',
      '255.255.255.255/8',
      'XXX.XXX.XXX/XX',
    ],
  },
  url: {
    parse: parseUrl,
    taken: ['https://a.test/x?a=b&c=d', '/relative', 'http://10.0.0.1:8080/'],
    refused: [
      '',
      'http://a.test/$host',
      'http://a.test/;',
      'http://a.test/{',
      'http://a b',
      'x'.repeat(4001),
    ],
  },
};

for (const [name, { parse, taken, refused }] of Object.entries(types)) {
  describe(`the type ${name}`, () => {
    for (const text of taken) it(`takes ${text}`, () => expect(parse(text).ok).to.equal(true));
    for (const text of refused)
      it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => expect(parse(text).ok).to.equal(false));
  });
}
