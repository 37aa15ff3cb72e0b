import { expect } from 'chai';
import { parseFastcgiParam } from './fastcgi.ts';

describe('parameters of FastCGI', () => {
  for (const [name, value] of [
    ['SCRIPT_FILENAME', '$document_root$fastcgi_script_name'],
    ['SCRIPT_FILENAME', '/srv${fastcgi_script_name}'],
    ['REDIRECT_STATUS', '200'],
    ['a.b-c_D', ''],
    ['HTTP_X_USER', '$remote_user'],
  ] as const) {
    it(`are ${name}: ${JSON.stringify(value)}`, () => {
      expect(parseFastcgiParam(name, value)).to.deep.equal({ ok: true, value: { name, value } });
    });
  }

  for (const [name, value, reason] of [
    ['A B', 'x', /no name/],
    ['', 'x', /no name/],
    ['A;', 'x', /no name/],
    ['A"', 'x', /no name/],
    ['A'.repeat(251), 'x', /no name/],
    ['A', 'x y', /characters/],
    ['A', 'x"', /characters/],
    ['A', 'x;', /characters/],
    ['A', 'x\n', /characters/],
    ['A', '\\', /characters/],
    ['A', '{x}', /brace/],
    ['A', '${document_root', /brace/],
    ['A', '$nobody', /not an nginx variable/],
    ['A', '$', /not an nginx variable/],
    ['A', '$arg', /not an nginx variable/],
    ['A', '/'.repeat(5000), /too long/],
  ] as const) {
    it(`are not ${JSON.stringify(name.slice(0, 20))}: ${JSON.stringify(value.slice(0, 20))}`, () => {
      const parsed = parseFastcgiParam(name, value);
      expect(parsed.ok ? '' : parsed.reason).to.match(reason);
    });
  }
});
