import { expect } from 'chai';
import { disclosed } from './disclosure.ts';

const secret = new Set(['proxy_read_timeout 7s;']);

describe('lines of nginx.conf on the status page', () => {
  for (const [line, region, shown] of [
    ['\tlisten 80 backlog=511;', 'server', 'all'],
    ['\t\tlocation "/a b/" {', 'server', 'all'],
    ['\t\t\tproxy_read_timeout 60s;', 'server', 'all'],
    ['\t\t\tproxy_read_timeout 7s;', 'server', '\t\t\t(line of a snippet, not shown)'],
    ['\t\t\tset $ingress_name "web";', 'server', 'all'],
    ['\t\t\tset $auth_realm "word";', 'server', '\t\t\tset $auth_realm (not shown)'],
    ['\t\t\tproxy_set_header X-Key "word";', 'server', '\t\t\tproxy_set_header X-Key (not shown)'],
    ['\t\t\tmore_set_headers "X-Key: word";', 'server', '\t\t\tmore_set_headers (not shown)'],
    ['\t\t\tproxy_pass "https://user:word@a";', 'server', '\t\t\tproxy_pass (not shown)'],
    ['\t\t\tproxy_set_header word;', 'server', '\t\t\tproxy_set_header (not shown)'],
    ['\t\t\treturn 503;', 'server', 'all'],
    ['\t\t\treturn 200 word;', 'server', '\t\t\treturn (not shown)'],
    ['\t\t\tif ($http_key = word) {', 'server', '\t\t\tif (not shown)'],
    ['\t\t\t"word in a text"', 'server', '\t\t\ta line (not shown)'],
    ['\t\t\tauth_request /word;', 'server', '\t\t\tauth_request (not shown)'],
    ['\t}', 'server', 'all'],
    ['', 'server', 'all'],
    ['\t## start server a.test', 'server', 'all'],
    ['\tkeepalive_timeout 75s;', 'frame', 'all'],
    ['\tgzip on;', 'frame', 'all'],
    ['\t# word', 'frame', '\ta line (not shown)'],
    ['\tuser word;', 'frame', '\tuser (not shown)'],
    ['\tupstream word {', 'frame', '\tupstream (not shown)'],
  ] as const) {
    it(`${region}: ${line.trim() || 'an empty line'}`, () =>
      expect(disclosed(line, region, secret)).to.equal(shown === 'all' ? line : shown));
  }
});
