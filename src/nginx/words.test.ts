import { expect } from 'chai';
import { plainWords } from './words.ts';

describe('what nginx says, in plain words', () => {
  for (const [said, plain] of [
    [
      '[emerg] pcre2_compile() failed: missing closing parenthesis in "^/foo(" at "" in nginx.conf:12',
      'the regular expression "^/foo(" is invalid (missing closing parenthesis)',
    ],
    [
      '[emerg] pcre_compile() failed: nothing to repeat in "^/a**" at "*" in nginx.conf:7',
      'the regular expression "^/a**" is invalid (nothing to repeat, at "*")',
    ],
    ['[emerg] unknown "foo" variable in nginx.conf:5', 'there is no variable $foo'],
    ['[emerg] duplicate location "/x" in nginx.conf:5', 'the path "/x" is there twice'],
    [
      '[emerg] too long parameter "aaa..." started in nginx.conf:5',
      'a value is too long; it begins with "aaa..."',
    ],
    [
      '[emerg] "proxy_busy_buffers_size" must be less than the size of all "proxy_buffers" minus one buffer in nginx.conf:99',
      'proxy-busy-buffers-size does not fit proxy-buffer-size and proxy-buffers-number',
    ],
    [
      '[emerg] invalid number of arguments in "proxy_cookie_path" directive in nginx.conf:8',
      'a value for "proxy_cookie_path" has too many or too few words',
    ],
    ['[emerg] invalid value "x" in "satisfy" directive in nginx.conf:8', '"x" is no value for "satisfy"'],
    [
      '[emerg] SSL_CTX_set_cipher_list("NONE") failed (SSL: error:0A0000B9:SSL routines::no cipher match) in nginx.conf:8',
      'OpenSSL knows none of the ciphers "NONE"',
    ],
    // What is not in the table stays as it is, without places on the machine.
    [
      '[emerg] cannot load certificate "/etc/ingress-controller/ssl/a.pem": no start line in nginx.conf:8',
      'cannot load certificate "…": no start line',
    ],
    ['[emerg] first in nginx.conf:1; [emerg] second', 'first'],
    ['nginx could not be run', 'nginx could not be run'],
  ] as const) {
    it(plain, () => {
      expect(plainWords(said)).to.equal(plain);
    });
  }
});
