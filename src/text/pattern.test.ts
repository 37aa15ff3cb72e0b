import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { countGroups, escapePattern, parsePattern } from './pattern.ts';
import type { Pattern } from './safe.ts';
import { quote } from './safe.ts';

const accepted = [
  '/',
  '/foo',
  '/foo.bar',
  '/foo(/|$)(.*)',
  '/foo/?(.*)',
  '/a+',
  '/a*?',
  '/a++',
  '/a{2}',
  '/a{2,}',
  '/a{2,3}',
  '/{x}',
  '/a{',
  '/[a-z]+',
  '/[^/]+',
  '/[]a]',
  '/[^]a]',
  '/[a-]',
  '/[-a]',
  String.raw`/[\w.-]+`,
  String.raw`/\d+`,
  String.raw`/\.php$`,
  String.raw`/a\b`,
  '/(?:a|b)',
  '/(?=a)a',
  '/(?!b)a',
  '/(?i)a',
  '/(?i:a)b',
  '/(?sm)a',
  '/(ab){1,1000}',
  '/(a{10}){10}',
  '/(?:[a-z]{5}){100}',
  '/x{a,1}',
  '/{ }',
  String.raw`/(a)\1`,
  '/a|b',
  '/^a',
  '/a$',
  '/((a)(b))',
  '/(.+)/(.+)/?',
  '/a"b',
  "/a'b",
  '/a b',
  '/a;b',
  '/a#b',
  '/ä',
  String.raw`/\-`,
  String.raw`/\/`,
  String.raw`/[\]]`,
  String.raw`/[\\]`,
  '/()',
  '/(|a)',
  '/a{1,1000}',
  '/.*',
  '/a??',
] as const;

const refused = [
  '/(',
  '/)',
  '/a)',
  '/(a',
  '/[a',
  '/[',
  '/a**',
  '/(*',
  '/(?<name>a)',
  "/(?'name'a)",
  '/(?P<name>a)',
  '/(?<=a)b',
  '/(?<!a)b',
  '/(?>a)',
  '/(?C)',
  '/(?#x)',
  '/(*ACCEPT)',
  '/a\\',
  String.raw`/\Q`,
  String.raw`/\E`,
  String.raw`/\u0041`,
  String.raw`/\x41`,
  String.raw`/\k`,
  String.raw`/\1`,
  String.raw`/(a)\2`,
  '/[z-a]',
  String.raw`/[\d-z]`,
  '/[[:alpha:]]',
  '/[[:nope:]]',
  '/a{3,2}',
  '/a{2000}',
  '/(a{100}){100}',
  '/|*',
  '/^*',
  '/(?',
  '/(?:',
  '/{2}x'.replace('/{', '/|{'),
  `/${'('.repeat(30)}${')'.repeat(30)}`,
  `/${'a'.repeat(1001)}`,
  // In extended mode "#" starts a comment, which would swallow the parenthesis, and blanks are nothing to repeat.
  '/(?x)(a#)',
  '/(?x)| *',
  '/(?ix:a #)',
  // Counts in PCRE2 10.43 and later, text before.
  '/a{,3}',
  '/({,3})',
  '/a{ 2 }',
  '/a{ 2, 3}',
  // PCRE writes a counted group out, and takes 64 KB.
  `/(${'a'.repeat(900)}){1000}`,
  `/(?:${'[ab]'.repeat(12)}){1000}`,
  `/((${'a'.repeat(90)}){10}b){10}`,
  '/a\nb',
  '/a\0b',
] as const;

describe('parsePattern', () => {
  for (const text of accepted)
    it(`takes ${text}`, () => expect(parsePattern(text)).to.deep.equal({ ok: true, value: text }));
  for (const text of refused) {
    it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () =>
      expect(parsePattern(text)).to.have.property('ok', false));
  }

  it('lets nothing through that nginx does not take, as location and in a rewrite', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tidegate-pattern-'));
    const locations = accepted.map(
      (text, index) =>
        `location ~* ${quote(`^${text}`)} { set $x "${index}"; rewrite ${quote(`(?i)${text}`)} "/x" break; return 200; }`,
    );
    const config = join(folder, 'nginx.conf');
    await writeFile(
      config,
      `pid ${folder}/pid; error_log stderr; events {}\nhttp { access_log off; server { listen unix:${folder}/s;\n${locations.join('\n')}\n} }`,
    );
    const result = await execa('nginx', ['-t', '-q', '-e', 'stderr', '-p', folder, '-c', config], {
      reject: false,
    });
    await rm(folder, { recursive: true });
    expect(result.stderr).to.equal('');
  });

  it('says what is wrong and where', () => {
    const reason = (text: string) => {
      const parsed = parsePattern(text);
      return parsed.ok ? '' : parsed.reason;
    };
    expect(reason('/a(b')).to.include('"(" at character 3 is never closed');
    expect(reason('/a)')).to.include('")" at character 3 closes nothing');
    expect(reason('/(?<n>a)')).to.include('use a plain group');
  });
});

describe('countGroups', () => {
  const counts: readonly (readonly [string, number])[] = [
    ['/a', 0],
    ['/(a)', 1],
    ['/(?:a)', 0],
    ['/((a)b)', 2],
    [String.raw`/\(a\)`, 0],
    ['/[(]a', 0],
    ['/(?i)(a)', 1],
  ];
  for (const [text, count] of counts)
    it(`${text}: ${count}`, () => expect(countGroups(text as unknown as Pattern)).to.equal(count));
});

describe('escapePattern', () => {
  it('matches just the text', () => {
    const text = String.raw`a.b*c+d?(e)[f]{g}|h^i$j\k`;
    expect(new RegExp(`^${escapePattern(text)}$`).test(text)).to.equal(true);
    expect(new RegExp(`^${escapePattern('a.b')}$`).test('axb')).to.equal(false);
  });
});
