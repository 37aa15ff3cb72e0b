import { expect } from 'chai';
import { errorCodes, lenientErrorCodes, serviceName } from './status-codes.ts';

describe('names of Services', () => {
  for (const text of ['a', 'a-1', 'errors', 'a'.repeat(63)]) {
    it(`takes ${text}`, () => expect(serviceName.parse(text)).to.deep.equal({ ok: true, value: text }));
  }
  for (const text of ['', '1a', 'A', 'a-', 'a.b', 'ns/a', 'a b', 'a;', 'a\n', 'a'.repeat(64)]) {
    it(`refuses ${JSON.stringify(text)}`, () => expect(serviceName.parse(text).ok).to.equal(false));
  }
});

describe('codes of errors', () => {
  const lists: Readonly<Record<string, readonly number[]>> = {
    '404': [404],
    ' 404, 503 ,': [404, 503],
    '503,404,503': [503, 404],
  };
  for (const [text, value] of Object.entries(lists)) {
    it(`takes "${text}"`, () => expect(errorCodes.parse(text)).to.deep.equal({ ok: true, value }));
  }
  for (const text of ['', ',', '399', '600', '404500', ',00', '404 503', '404;503', '4o4', '404,499']) {
    it(`refuses "${text}"`, () => expect(errorCodes.parse(text).ok).to.equal(false));
  }
  it('of the ConfigMap are left out when they are none', () => {
    const parsed = lenientErrorCodes.parse('404, 299,300 ,499,600,x,-1,599,404');
    const isNone = (code: string) =>
      `holds "${code}", which is no status code from 300 to 599; it is left out`;
    expect(parsed).to.deep.equal({
      ok: true,
      value: [404, 300, 599],
      leftOut: [
        isNone('299'),
        'holds "499", which nginx has for itself; it is left out',
        ...['600', 'x', '-1'].map(isNone),
      ],
    });
    expect(lenientErrorCodes.parse('')).to.deep.equal({ ok: true, value: [] });
  });
});
