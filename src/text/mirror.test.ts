import { expect } from 'chai';
import { mirrorHost, mirrorTarget } from './mirror.ts';

describe('targets of copies', () => {
  for (const [text, host, url] of [
    ['http://a.test', 'a.test', 'http://a.test$request_uri'],
    ['http://a.test:8080', 'a.test', 'http://a.test:8080$request_uri'],
    ['http://a.test/', 'a.test', 'http://a.test/$is_args$args'],
    ['http://a.test/x?y=z', 'a.test', 'http://a.test/x?y=z'],
    ['https://a.test/$request_uri', 'a.test', 'https://a.test/$request_uri'],
    ['https://a.test$request_uri', 'a.test', 'https://a.test$request_uri'],
    ['https://a.test${request_uri}', 'a.test', 'https://a.test${request_uri}'],
    ['https://$host.inner/$arg_x', '$host.inner', 'https://$host.inner/$arg_x'],
    ['http://[2001:db8::1]:80/x', '[2001:db8::1]', 'http://[2001:db8::1]:80/x$is_args$args'],
  ] as const) {
    it(`are ${text}`, () => {
      expect(mirrorTarget.parse(text)).to.deep.equal({ ok: true, value: { url, host, written: text } });
    });
  }

  for (const [text, reason] of [
    ['a.test', /is not a URL/],
    ['/x', /is not a URL/],
    ['ftp://a.test/', /is not a URL/],
    ['http://', /is not a URL/],
    ['http://a..test/', /is not a URL/],
    ['http://a.test/"; }', /is not a URL/],
    ['http://a.test/%41', /is not a URL/],
    ['http://a.test/ x', /is not a URL/],
    ['http://a.test:123456/', /is not a URL/],
    ['http://a.test/{x}', /brace/],
    ['http://a.test/${x', /not an nginx variable/],
    ['http://a.test$uri', /write \$request_uri/],
    ['http://a.test/${document_uri}', /write \$request_uri/],
    ['http://$http_x/', /choose the host/],
    ['http://a$arg_x.test/', /choose the host/],
    ['http://a.test/$nobody', /not an nginx variable/],
    [`http://a.test/${'x'.repeat(5000)}`, /too long/],
  ] as const) {
    it(`are not ${text.slice(0, 40)}`, () => {
      const parsed = mirrorTarget.parse(text);
      expect(parsed.ok ? '' : parsed.reason).to.match(reason);
    });
  }

  it('have hosts that are words', () => {
    expect(mirrorHost.parse('$host:8080').ok).to.equal(true);
    for (const text of ['a b', 'a"', '{x}', '$nobody', ''])
      expect(mirrorHost.parse(text).ok, text).to.equal(false);
  });
});
