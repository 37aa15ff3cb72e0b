import { expect } from 'chai';
import { hashes, slowHash } from '../testing/harness/passwords.ts';
import { faultOfHash, linesOfFile, parseUsers, realm, userSecret } from './passwords.ts';
import type { PasswordScheme } from './passwords.ts';

const MD5 = 'd'.repeat(32);
const SHA = 'A'.repeat(64);

const read = (file: string, scheme: PasswordScheme) => parseUsers(linesOfFile(file), scheme);

describe('files of users', () => {
  const basic: readonly (readonly [
    what: string,
    file: string,
    users: Readonly<Record<string, string>>,
    unusable: readonly string[],
  ])[] = [
    ['nothing', '', {}, []],
    ['comments and blank lines', '# a:{PLAIN}b\n\n\r\n#\n', {}, []],
    ['users', 'a:{PLAIN}x\nb:{PLAIN}y', { a: '{PLAIN}x', b: '{PLAIN}y' }, []],
    ['lines of Windows', 'a:{PLAIN}x\r\nb:{PLAIN}y\r\n', { a: '{PLAIN}x', b: '{PLAIN}y' }, []],
    ['comments behind a colon', 'a:{PLAIN}x:since May\n', { a: '{PLAIN}x' }, []],
    ['one user twice', 'a:{PLAIN}first\na:{PLAIN}second\n', { a: '{PLAIN}first' }, []],
    ['a name with blanks', ' a b :{PLAIN}x\n', { ' a b ': '{PLAIN}x' }, []],
    ['names of objects', '__proto__:{PLAIN}x\n', Object.fromEntries([['__proto__', '{PLAIN}x']]), []],
    ['a line without a colon', 'a\nb:{PLAIN}y\n', { b: '{PLAIN}y' }, ['line 1']],
    ['nobody', ':{PLAIN}x\n', {}, ['line 1']],
    ['no hash', '#\na:\n', {}, ['line 2']],
    ['a password that is no hash', 'a:secret\n', {}, ['line 1']],
    ['a name that is no UTF-8', 'a\u00ff:{PLAIN}x\n', { 'a\u00ff': '{PLAIN}x' }, []],
  ];
  for (const [what, file, users, unusable] of basic) {
    it(`of htpasswd: ${what}`, () => {
      const parsed = read(file, 'basic');
      expect([...parsed.users]).to.deep.equal(Object.entries(users));
      expect(parsed.unusable.map(({ where }) => where)).to.deep.equal(unusable);
    });
  }

  const digest: readonly (readonly [string, string, Readonly<Record<string, string>>, readonly string[]])[] =
    [
      ['a user', `a:in:${MD5}\n`, { 'MD5:a:in': MD5 }, ['in']],
      ['no realm', `a::${MD5}\n`, { 'MD5:a:': MD5 }, ['']],
      ['a realm with colons', `a:b:c:${MD5}\n`, { 'MD5:a:b:c': MD5 }, ['b:c']],
      [
        'SHA-256 beside MD5',
        `a:in:${SHA}\na:in:${MD5}`,
        { 'SHA-256:a:in': SHA.toLowerCase(), 'MD5:a:in': MD5 },
        ['in'],
      ],
      ['realms', `a:one:${MD5}\nb:two:${MD5}`, { 'MD5:a:one': MD5, 'MD5:b:two': MD5 }, ['one', 'two']],
    ];
  for (const [what, file, users, realms] of digest) {
    it(`of htdigest: ${what}`, () => {
      const parsed = read(file, 'digest');
      expect(Object.fromEntries(parsed.users)).to.deep.equal(users);
      expect([...parsed.realms]).to.deep.equal(realms);
      expect(parsed.unusable).to.deep.equal([]);
    });
  }

  for (const line of [
    'a:in',
    `a:${MD5}`,
    `a:in:${MD5}x`,
    `:in:${MD5}`,
    'a:in:',
    `a:in:${MD5.slice(1)}`,
    'a:{PLAIN}x',
  ]) {
    it(`of htdigest: "${line}" is none`, () => {
      const parsed = read(`${line}\n`, 'digest');
      expect([parsed.users.size, parsed.unusable.length]).to.deep.equal([0, 1]);
    });
  }

  it('are not quoted in what is said about them', () => {
    const [first] = read('anna:confidential\n', 'basic').unusable;
    expect(JSON.stringify(first)).to.not.match(/anna|confidential/);
  });
});

describe('hashes of passwords', () => {
  for (const hash of [...Object.values(hashes), slowHash, '{PLAIN}', '$apr1$$IIW/V525X46ri30NUi0KL0']) {
    it(`${hash} can be compared`, () => expect(faultOfHash(hash)).to.equal(null));
  }

  const bcrypt = (cost: string, rest = '.'.repeat(53)) => `$2b$${cost}$${rest}`;
  const yescrypt = (parameters: string) => `$y$${parameters}$salt$${'.'.repeat(43)}`;
  const sha512 = (rounds: string) => `$6$rounds=${rounds}$salt$${'.'.repeat(86)}`;
  const tables: readonly (readonly [string, RegExp | null])[] = [
    [bcrypt('15'), null],
    [bcrypt('16'), /cost 16/],
    [bcrypt('31'), /cost 31/],
    [bcrypt('04', 'x'), /kind/],
    [sha512('1000000'), null],
    [sha512('1000001'), /1000001 rounds/],
    [sha512('999999999999999999'), /999999999999 rounds/],
    [yescrypt('j9T'), null],
    [yescrypt('jBT'), null],
    [yescrypt('jCT'), /memory/],
    [yescrypt('jjj'), /memory/],
    [yescrypt('jzT'), /kind/],
    [yescrypt('j9T/'), /kind/],
    ['$7$CU..../....salt$hash', /kind/],
    ['$sha1$999999999$salt$hash', /kind/],
    ['_J9..K0AyUubDrfOgO4s', /kind/],
    ['', /kind/],
    ['*', /kind/],
    ['!', /kind/],
    ['x', /kind/],
    ['secret', /kind/],
    ['{SHA}', /kind/],
    ['{SHA}AAAA', /kind/],
    ['{SSHA}AAAA', /kind/],
    ['{SHA256}AAAA', /kind/],
    ['{plain}x', /kind/],
    ['$apr1$saltsalt1$LrttParrLPdxvgutaSXWJ0', /kind/],
    [` ${hashes['md5']}`, /kind/],
    [`${hashes['md5']} `, /kind/],
  ];
  for (const [hash, reason] of tables) {
    it(`${JSON.stringify(hash)}: ${reason ?? 'good'}`, () => {
      if (reason === null) expect(faultOfHash(hash)).to.equal(null);
      else expect(faultOfHash(hash)).to.match(reason);
    });
  }
});

describe('values of auth-realm and auth-secret', () => {
  for (const text of ['a', 'Members only', 'off', '/a~b.c_d-1:2', 'x'.repeat(500)]) {
    it(`"${text.slice(0, 20)}" is a realm`, () =>
      expect(realm.parse(text)).to.deep.equal({ ok: true, value: text }));
  }
  for (const text of [
    '',
    'a"b',
    'a\\b',
    'a\nb',
    'a\rb',
    'a\tb',
    '$host',
    'a;b',
    'a{b',
    'f\u00fcr',
    'x'.repeat(501),
  ]) {
    it(`${JSON.stringify(text.slice(0, 20))} is no realm`, () =>
      expect(realm.parse(text).ok).to.equal(false));
  }
  for (const [text, good] of [
    ['users', true],
    ['default/users', true],
    ['', false],
    ['a b', false],
    ['a"', false],
    ['../../etc/passwd', true],
    ['a\n', false],
  ] as const) {
    it(`${JSON.stringify(text)} ${good ? 'may name' : 'names no'} Secret`, () =>
      expect(userSecret.parse(text).ok).to.equal(good));
  }
});
