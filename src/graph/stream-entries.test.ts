import { expect } from 'chai';
import { parseStreamEntry } from './stream-entries.ts';

describe('entries of TCP and UDP services', () => {
  const shown = (key: string, value: string, protocol: 'tcp' | 'udp' = 'tcp') => {
    const parsed = parseStreamEntry(key, value, protocol);
    if (!parsed.ok) return parsed.reason;
    const { port, backend, decode, encode } = parsed.value;
    return `${port} ${backend.key} ${decode ? 'D' : '-'}${encode ? 'E' : '-'}`;
  };

  for (const [key, value, expected] of [
    ['9000', 'default/web:80', '9000 default/web/80 --'],
    ['1', 'a/b:http', '1 a/b/http --'],
    ['65535', ' a/b:65535 ', '65535 a/b/65535 --'],
    ['53', 'a/b:53:PROXY', '53 a/b/53 D-'],
    ['53', 'a/b:53:proxy:Proxy', '53 a/b/53 DE'],
    ['53', 'a/b:53::PROXY', '53 a/b/53 -E'],
    ['53', 'a/b:53:', '53 a/b/53 --'],
    ['0053', 'a/b:53', '53 a/b/53 --'],
  ] as const) {
    it(`reads ${key}: ${value}`, () => {
      expect(shown(key, value)).to.equal(expected);
    });
  }

  for (const [key, value, reason] of [
    ['http', 'a/b:80', /no port; write a number/],
    ['0', 'a/b:80', /no port; write a number/],
    ['65536', 'a/b:80', /no port; write a number/],
    ['9000; }', 'a/b:80', /no port; write a number/],
    ['9000', '', /write "namespace\/service:port"/],
    ['9000', 'a/b', /write "namespace\/service:port"/],
    ['9000', 'b:80', /write "namespace\/service:port"/],
    ['9000', 'a/b/c:80', /write "namespace\/service:port"/],
    ['9000', 'a/b:80:::', /write "namespace\/service:port"/],
    ['9000', 'a/b:0', /write "namespace\/service:port"/],
    ['9000', 'a/b:65536', /write "namespace\/service:port"/],
    ['9000', 'a/b:80;x', /write "namespace\/service:port"/],
    ['9000', 'A/b:80', /not a Kubernetes name/],
    ['9000', 'a/b"; x:80', /not a Kubernetes name/],
    ['9000', 'a/b:80:TLS', /nothing but "PROXY"/],
    ['9000', 'a/b:80::yes', /nothing but "PROXY"/],
  ] as const) {
    it(`refuses ${key}: ${value}`, () => {
      expect(shown(key, value)).to.match(reason);
    });
  }

  it('knows no PROXY protocol over UDP', () => {
    expect(shown('53', 'a/b:53', 'udp')).to.equal('53 a/b/53 --');
    expect(shown('53', 'a/b:53:PROXY', 'udp')).to.match(/no PROXY protocol over UDP/);
    expect(shown('53', 'a/b:53::PROXY', 'udp')).to.match(/no PROXY protocol over UDP/);
  });
});
