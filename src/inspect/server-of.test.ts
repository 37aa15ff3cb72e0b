import { expect } from 'chai';
import { ingress, service } from '../testing/builders/objects.ts';
import { evaluate } from '../testing/builders/pipeline.ts';
import { findServer } from './server-of.ts';

const { model } = evaluate([
  service(),
  ingress({ name: 'a', host: 'a.test', annotations: { 'server-alias': 'b.test,.c.test,*.d.test,e.*' } }),
  ingress({ name: 'w', host: '*.w.test' }),
  ingress({ name: 'x', host: 'x.w.test' }),
  ingress({ name: 'r', host: 'r.test', annotations: { 'server-alias': '~^r[0-9]+\\.test$' } }),
]);

describe('the server of a host', () => {
  const cases: readonly (readonly [host: string, server: string, by: string])[] = [
    ['a.test', 'a.test', 'name'],
    ['b.test', 'a.test', 'alias'],
    ['c.test', 'a.test', 'alias'],
    ['x.c.test', 'a.test', 'alias'],
    ['d.test', '_', 'default'],
    ['x.y.d.test', 'a.test', 'alias'],
    ['e.org', 'a.test', 'alias'],
    ['y.w.test', '*.w.test', 'wildcard'],
    ['x.w.test', 'x.w.test', 'name'],
    ['y.x.w.test', '_', 'default'],
    ['r12.test', 'r.test', 'expression'],
    ['', '_', 'default'],
  ];
  for (const [host, server, by] of cases)
    it(`of "${host}" is ${server}, by ${by}`, () => {
      const found = findServer(model.servers, host);
      expect({ server: found?.server.host, by: found?.by }).to.deep.equal({ server, by });
    });

  it('is none before there are any', () => {
    expect(findServer([], 'a.test')).to.equal(null);
  });
});
