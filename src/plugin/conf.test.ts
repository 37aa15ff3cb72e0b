import { expect } from 'chai';
import { serverText } from './conf.ts';

const conf = `http {
\t## start server _
\tserver { default }
\t## end server _
\t## start server a.test
\tserver {
\t\tlisten 80;
\t}
\t## end server a.test
\t## start server a.test.org
\tserver { other }
\t## end server a.test.org
\t## start server cut.test
}
`;

describe('text of a server', () => {
  for (const [host, text] of [
    ['_', 'server { default }'],
    ['a.test', 'server {\n\t\tlisten 80;\n\t}'],
    ['a.test.org', 'server { other }'],
  ] as const)
    it(`of ${host}`, () => {
      expect(serverText(conf, host)).to.equal(text);
    });

  it('must be there', () => {
    expect(() => serverText(conf, 'a')).to.throw("host a was not found in the controller's nginx.conf");
    expect(() => serverText(conf, 'cut.test')).to.throw('the end of the server of host cut.test');
  });
});
