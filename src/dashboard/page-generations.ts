import type { Context } from './context.ts';
import { diffOf } from './history.ts';
import type { Changes, GenerationEntry, ShownPart } from './history.ts';
import { html, urlOf } from '../lib/html.ts';
import type { Content, Html } from '../lib/html.ts';
import { count, facts, link, mark, table, time } from './layout.ts';
import type { Page } from './layout.ts';

const HOSTS = ['host', 'hosts'] as const;

export function generationsPage({ history }: Context): Page {
  return {
    title: 'Generations',
    section: '/generations',
    body: html`<p>The last generations of nginx.conf that were brought up or tried, the newest first.</p>
      ${table({
        caption: 'Generations',
        heads: ['Number', 'Checksum', 'Time', 'Outcome', 'Check', 'Proof', 'Changes', 'What nginx says'],
        rows: history
          .list()
          .map((entry) => [
            link(urlOf(['generations', String(entry.number)]), entry.number),
            html`<code>${entry.checksum}</code>`,
            time(entry.at),
            outcomeOf(entry),
            milliseconds(entry.times?.check),
            milliseconds(entry.times?.proof),
            summaryOf(entry.changes),
            entry.words[0] ?? '–',
          ]),
        empty: 'There is none yet.',
      })}`,
  };
}

/** Null for one that is not kept. */
export function generationPage({ history }: Context, number: string): Page | null {
  const entry = history.list().find((one) => String(one.number) === number);
  if (entry === undefined) return null;
  return {
    title: `Generation ${entry.number}`,
    section: '/generations',
    body: html`${facts([
        ['Checksum', html`<code>${entry.checksum}</code>`],
        ['Time', time(entry.at)],
        ['Outcome', outcomeOf(entry)],
        ['Check', milliseconds(entry.times?.check)],
        ['Proof', milliseconds(entry.times?.proof)],
        ['Changes', summaryOf(entry.changes)],
      ])}
      ${
        entry.words.length === 0
          ? null
          : html`<h2>What nginx says</h2>
              <ul>
                ${entry.words.map((text) => html`<li>${text}</li>`)}
              </ul>`
      }
      <h2>What it changes</h2>
      ${entry.changes === null ? html`<p>It is the first one.</p>` : printChanges(entry.changes)}`,
  };
}

function outcomeOf({ outcome, tries }: GenerationEntry): Html {
  switch (outcome) {
    case 'proven':
      return mark('good', 'proven');
    case 'refused':
      return html`${mark('bad', 'refused')}${tries > 1 ? `, ${tries} times` : null}`;
    case 'failed':
      return html`${mark('bad', 'not taken')}, ${tries > 1 ? `${tries} tries, ` : null}it is tried again`;
  }
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? '–' : `${Math.round(value).toLocaleString('en')} ms`;
}

function summaryOf(changes: Changes | null): string {
  if (changes === null) return 'all of it';
  const { counts, frame } = changes;
  const words = [
    ...(counts.added > 0 ? [`${count(counts.added, HOSTS)} added`] : []),
    ...(counts.removed > 0 ? [`${count(counts.removed, HOSTS)} removed`] : []),
    ...(counts.changed > 0 ? [`${count(counts.changed, HOSTS)} changed`] : []),
    ...frame.map((title) => title.toLowerCase()),
  ];
  return words.length === 0 ? 'nothing but files that it names' : words.join(', ');
}

function printChanges(changes: Changes): Content {
  const { parts, isComplete } = diffOf(changes);
  return html`<p>
      Compared with the generation that served then. Lines that begin with + are new, those with - are gone.
      Values of headers, of authentication and of snippets are not shown.
    </p>
    ${parts.map(printPart)}
    ${isComplete ? null : html`<p>There are more changes, which are not shown or not kept.</p>`}`;
}

function printPart({ title, lines }: ShownPart): Html {
  const printed = lines.map((one) => {
    if (one === null) return '…\n';
    const text = `${one.sign} ${one.line}\n`;
    if (one.sign === ' ') return text;
    return one.sign === '+' ? html`<ins>${text}</ins>` : html`<del>${text}</del>`;
  });
  return html`<h3>${title}</h3>
    <pre class="diff" tabindex="0" role="region" aria-label="Changes of: ${title}">${printed}</pre>`;
}
