import { expect } from 'chai';
import { escapeText, html, textOf, urlOf } from './html.ts';

describe('markup of the status page', () => {
  for (const [what, text, shown] of [
    ['plain text', 'a.example.com', 'a.example.com'],
    ['a script', '<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['quotes', `" onclick='x'`, '&quot; onclick=&#39;x&#39;'],
    ['an entity', '&lt;', '&amp;lt;'],
    ['a mark that turns the direction', 'a\u202etxt.exe', 'a\\u{202e}txt.exe'],
    ['an isolate', '\u2066x\u2069', '\\u{2066}x\\u{2069}'],
    ['a sign without width', 'pay\u200bpal', 'pay\\u{200b}pal'],
    ['a zero byte', 'a\0b', 'a\\u{0}b'],
    ['half of a sign', 'a\ud800b', 'a\\u{d800}b'],
    ['a carriage return', 'a\rb', 'a\\u{d}b'],
    ['lines and tabs', '\ta\nb', '\ta\nb'],
    ['other scripts', 'bücher 例え', 'bücher 例え'],
  ] as const) {
    it(`shows ${what} as what it is`, () => {
      expect(escapeText(text)).to.equal(shown);
      expect(textOf(html`<p title="${text}">${text}</p>`)).to.equal(`<p title="${shown}">${shown}</p>`);
    });
  }

  it('keeps what a template made, in lists, too; nothing is shown for null', () => {
    const items = ['<a>', '<b>'].map((name) => html`<li>${name}</li>`);
    expect(textOf(html`${items}${null}${3}`)).to.equal('<li>&lt;a&gt;</li><li>&lt;b&gt;</li>3');
  });

  it('does not take an object that looks like markup for it', () => {
    const hostile = { html: '<script>', toString: () => '<script>' } as unknown as string;
    expect(textOf(html`${hostile}`)).to.not.include('<script>');
  });

  it('makes links of any text', () => {
    expect(urlOf(['hosts', '*.a.test'])).to.equal('/hosts/*.a.test');
    expect(urlOf(['hosts', 'a/../b?c#d'])).to.equal('/hosts/a%2F..%2Fb%3Fc%23d');
    expect(urlOf(['hosts'], { q: 'a&b= "c"', page: 2 })).to.equal('/hosts?q=a%26b%3D%20%22c%22&page=2');
    expect(urlOf(['hosts'], { q: '', page: 0 })).to.equal('/hosts');
    expect(urlOf(['hosts', 'a\ud800'])).to.equal('/hosts/a%EF%BF%BD');
  });
});
