/** What all pages share: the frame, tables, lists that can be searched, times. */
import { html, textOf, urlOf } from '../lib/html.ts';
import type { Content, Html } from '../lib/html.ts';

export interface Page {
  readonly title: string;
  /** Path of the entry of the menu that the page belongs to. */
  readonly section: string;
  readonly body: Content;
}

const MENU = [
  ['/', 'Overview'],
  ['/hosts', 'Hosts'],
  ['/backends', 'Backends'],
  ['/certificates', 'Certificates'],
  ['/problems', 'Problems'],
  ['/quarantine', 'Quarantine'],
  ['/generations', 'Generations'],
] as const;

/** @param version of the program. */
export function printPage({ title, section, body }: Page, version: string): string {
  const links = MENU.map(
    ([path, name]) =>
      html`<li>
        <a href="${path}" ${path === section ? html`aria-current="page"` : null}>${name}</a>
      </li>`,
  );
  return textOf(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>${title} – Tidegate</title>
          <link rel="stylesheet" href="/style.css" />
          <script src="/script.js" defer></script>
        </head>
        <body>
          <a class="skip" href="#main">Skip to content</a>
          <header>
            <p class="brand">Tidegate</p>
            <nav aria-label="Pages">
              <ul>
                ${links}
              </ul>
            </nav>
          </header>
          <main id="main" tabindex="-1">
            <h1>${title}</h1>
            ${body}
          </main>
          <footer><p>Tidegate ${version}. Read-only.</p></footer>
        </body>
      </html> `,
  );
}

export interface Table {
  readonly caption: string;
  readonly heads: readonly string[];
  /** The first cell of each row names it. */
  readonly rows: readonly (readonly Content[])[];
  /** What stands there without rows. */
  readonly empty: string;
}

/** It scrolls by itself where it is wider than the window, also by keyboard. */
export function table({ caption, heads, rows, empty }: Table): Html {
  if (rows.length === 0) return html`<p>${empty}</p>`;
  const head = heads.map((name) => html`<th scope="col">${name}</th>`);
  const printRow = ([first = null, ...cells]: readonly Content[]) =>
    html`<tr>
      <th scope="row">${first}</th>
      ${cells.map((cell) => html`<td>${cell}</td>`)}
    </tr>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${rows.map(printRow)}
      </tbody>
    </table>
  </div>`;
}

export function facts(entries: readonly (readonly [name: string, value: Content])[]): Html {
  return html`<dl>
    ${entries.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

export function link(to: string, name: Content): Html {
  return html`<a href="${to}">${name}</a>`;
}

/** What stands in the way of nobody by its colour alone: the word says it, too. */
export function mark(kind: 'good' | 'bad' | 'soon', word: string): Html {
  return html`<strong class="${kind}">${word}</strong>`;
}

/** @param at milliseconds since the epoch. */
export function time(at: number): Html {
  const text = new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
  return html`<time datetime="${text}">${text.replace('T', ' ').replace('Z', ' UTC')}</time>`;
}

export function count(number: number, [one, many]: readonly [one: string, many: string]): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}

/** What a list shows of itself. */
export interface Asked {
  readonly q: string;
  /** From 1. */
  readonly page: number;
  /** Only what changes with them. */
  readonly isFragment: boolean;
}

export interface Listing<T> {
  readonly path: string;
  readonly title: string;
  readonly asked: Asked;
  /** What can be searched for. */
  readonly hint: string;
  readonly nouns: readonly [one: string, many: string];
  readonly found: readonly T[];
  readonly total: number;
  /** Of the items of the page. */
  readonly print: (items: readonly T[]) => Html;
  /** Before the list. */
  readonly intro?: Html;
}

const PAGE_SIZE = 100;

export function listing<T>(list: Listing<T>): Page | Html {
  const { path, title, asked, hint, found } = list;
  const results = printResults(list);
  if (asked.isFragment) return results;
  const body = html`${list.intro ?? null}
    <form role="search" action="${path}" method="get">
      <label for="q">Search ${hint}</label>
      <input
        id="q"
        name="q"
        type="search"
        value="${asked.q}"
        autocomplete="off"
        spellcheck="false"
        maxlength="200"
      />
      <button type="submit">Search</button>
    </form>
    <p id="status" class="unseen" role="status"></p>
    <div id="results">${results}</div>`;
  return {
    title: asked.q === '' ? title : `${title}: ${count(found.length, list.nouns)} found`,
    section: path,
    body,
  };
}

function printResults<T>({ path, title, asked, nouns, found, total, print }: Listing<T>): Html {
  const pages = Math.max(1, Math.ceil(found.length / PAGE_SIZE));
  const page = Math.min(asked.page, pages);
  const items = found.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE);
  const sum =
    asked.q === '' ? count(total, nouns) : `${found.length.toLocaleString('en')} of ${count(total, nouns)}`;
  const step = (to: number, name: string, rel: string) =>
    to < 1 || to > pages
      ? null
      : html`<li><a rel="${rel}" href="${urlOf([path.slice(1)], { q: asked.q, page: to })}">${name}</a></li>`;
  const steps = html`<nav aria-label="Pages of ${title}">
    <ul>
      ${step(page - 1, 'Previous page', 'prev')} ${step(page + 1, 'Next page', 'next')}
    </ul>
  </nav>`;
  return html`<p class="count">${sum}${pages > 1 ? `; page ${page} of ${pages}` : ''}</p>
    ${print(items)} ${pages > 1 ? steps : null}`;
}
