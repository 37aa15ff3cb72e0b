import type { Context } from './context.ts';
import { html, urlOf } from '../lib/html.ts';
import type { Content, Html } from '../lib/html.ts';
import { count, facts, link, mark, table, time } from './layout.ts';
import type { Page } from './layout.ts';
import { hostLink } from './cells.ts';

export async function overviewPage(context: Context): Promise<Page> {
  const { history, graph, quarantined } = context;
  const [reason, draining] = [context.health(), await context.draining()];
  const serving = history.serving();
  const trouble = history.trouble();
  const now = graph();
  const number = (value: number, path: string): Content => link(path, value.toLocaleString('en'));
  const body = html`<h2>State</h2>
    ${facts([
      [
        'Requests',
        reason === null ? mark('good', 'are served') : html`${mark('bad', 'not ready:')} ${reason}`,
      ],
      [
        'Configuration in force',
        serving === null
          ? 'none yet'
          : html`${link(urlOf(['generations', String(serving.number)]), `generation ${serving.number}`)},
              checksum <code>${serving.checksum}</code>, since ${time(serving.at)}`,
      ],
      [
        'Last reload',
        trouble === null ? mark('good', 'good') : html`${mark('bad', 'not taken:')} ${trouble}`,
      ],
      [
        'Workers that finish older requests',
        draining.workers === 0
          ? 'none'
          : `${draining.workers} of ${count(draining.generations, ['generation', 'generations'])}`,
      ],
    ])}
    <h2>Objects</h2>
    ${facts([
      ['Hosts', number(now?.counts.hosts ?? 0, '/hosts')],
      ['Ingresses', (now?.counts.ingresses ?? 0).toLocaleString('en')],
      ['Backends', number(now?.backends.length ?? 0, '/backends')],
      ['Problems', number(now?.problems.length ?? 0, '/problems')],
      ['In quarantine', number(quarantined().length, '/quarantine')],
    ])}
    <h2 id="rates-title">Requests a second</h2>
    ${liveRates(context)}`;
  return { title: 'Overview', section: '/', body };
}

function liveRates(context: Context): Html {
  if (context.totals() === null) return ratesOf(context);
  return html`<button type="button" id="pause" aria-pressed="false" hidden>Pause</button>
    <section id="rates" data-poll="/rates" aria-labelledby="rates-title">${ratesOf(context)}</section>`;
}

/** The part that is fetched again and again. */
export function ratesOf({ rates, totals }: Context): Html {
  if (totals() === null)
    return html`<p>Requests are not counted; start the controller with <code>--enable-metrics</code>.</p>`;
  const found = rates();
  if (found === null) return html`<p>They are being counted; the first figure comes in a few seconds.</p>`;
  const print = (value: number) => value.toLocaleString('en', { maximumFractionDigits: 1 });
  return html`<p class="figure">
      <strong>${print(found.all)}</strong> over the last
      ${count(Math.round(found.seconds), ['second', 'seconds'])}
    </p>
    ${table({
      caption: 'The busiest hosts',
      heads: ['Host', 'Requests a second'],
      rows: found.hosts.map(([host, perSecond]) => [
        host === '' ? 'no host' : hostLink(host),
        print(perSecond),
      ]),
      empty: 'No host is being asked for anything.',
    })}`;
}
