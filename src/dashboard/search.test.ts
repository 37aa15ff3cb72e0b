import { expect } from 'chai';
import { textOf } from '../lib/html.ts';
import type { Html } from '../lib/html.ts';
import { html } from '../lib/html.ts';
import { listing } from './layout.ts';
import { search, searchText, wordsOf } from './search.ts';

const items = [
  ['Shop.example.com', '/cart', 'team/shop', 'team/web:80'],
  ['blog.example.com', '/', 'blog/blog', 'blog/web:http'],
].map((parts) => ({ text: searchText(...parts) }));

describe('search', () => {
  for (const [question, found] of [
    ['', [0, 1]],
    ['   ', [0, 1]],
    ['shop', [0]],
    ['SHOP', [0]],
    ['example', [0, 1]],
    ['web blog', [1]],
    ['blog cart', []],
    ['/cart', [0]],
    ['.*', []],
    ['mple.com /', [0, 1]],
  ] as const) {
    it(`for ${JSON.stringify(question)} finds ${found.length}`, () =>
      expect(search(items, question).map((item) => items.indexOf(item))).to.deep.equal(found));
  }

  it('looks at the beginning of long questions only', () =>
    expect(wordsOf('a'.repeat(100_000)).join('')).to.have.length(200));
});

describe('a list in pages', () => {
  const numbers = Array.from({ length: 250 }, (_, index) => index);
  const shown = (page: number, found = numbers) => {
    const list = listing({
      path: '/hosts',
      title: 'Hosts',
      asked: { q: found === numbers ? '' : 'x y', page, isFragment: true },
      hint: 'by name',
      nouns: ['host', 'hosts'],
      found,
      total: numbers.length,
      print: (some) => html`[${some.join(' ')}]`,
    });
    return textOf(list as Html);
  };
  const numbersIn = (text: string) =>
    (/\[([\d ]*)\]/.exec(text)?.[1] ?? '').split(' ').filter((one) => one !== '');

  for (const [page, first, length, links] of [
    [1, '0', 100, ['/hosts?page=2']],
    [2, '100', 100, ['/hosts?page=1', '/hosts?page=3']],
    [3, '200', 50, ['/hosts?page=2']],
    [99, '200', 50, ['/hosts?page=2']],
  ] as const) {
    it(`has page ${page}`, () => {
      const text = shown(page);
      const all = numbersIn(text);
      expect([all[0], all.length]).to.deep.equal([first, length]);
      expect([...text.matchAll(/href="([^"]*)"/g)].map(([, url]) => url)).to.deep.equal(links);
      expect(text).to.include('250 hosts; page');
    });
  }

  it('says how many were found, and keeps the question in links', () => {
    expect(shown(1, numbers.slice(0, 3)))
      .to.include('3 of 250 hosts')
      .and.not.include('<nav');
    expect(shown(1, numbers.slice(0, 101))).to.include('href="/hosts?q=x%20y&amp;page=2"');
    expect(shown(1, [])).to.include('0 of 250 hosts');
  });
});
