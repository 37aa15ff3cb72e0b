/**
 * `npm run bench:loss -- [--scale N] [--only requests|websockets]`: requests of all kinds while everything changes, and websockets over many
 * reloads (docs/performance.md). `--scale=0.1` does a tenth of it.
 */
import { parseArgs } from 'node:util';
import { lineOf, verdictOf } from './figures.ts';
import type { Figure } from './figures.ts';
import { FULL_LOSS, FULL_WEBSOCKETS, measureLoss, measureWebsockets } from './loss.ts';

const { values } = parseArgs({
  options: { scale: { type: 'string', default: '1' }, only: { type: 'string', default: '' } },
});
const factor = Number(values.scale);
const scaled = (count: number) => Math.max(1, Math.round(count * factor));

const all: Figure[] = [];
const tell = (title: string, figures: readonly Figure[]) => {
  console.log(`\n${title}`);
  for (const figure of figures) console.log(lineOf(figure));
  all.push(...figures);
};

if (values.only !== 'websockets') {
  const { rate, ...counts } = FULL_LOSS;
  const figures = await measureLoss({
    rate,
    requests: scaled(counts.requests),
    reloads: scaled(counts.reloads),
    endpointChanges: scaled(counts.endpointChanges),
    certificateChanges: scaled(counts.certificateChanges),
    websockets: scaled(counts.websockets),
  });
  tell(`${rate} requests a second`, figures);
}
if (values.only !== 'requests') {
  for (const options of FULL_WEBSOCKETS) {
    const reloads = scaled(options.reloads);
    const websockets = scaled(options.websockets);
    tell('websockets', await measureWebsockets({ ...options, reloads, websockets }));
  }
}
process.exit(all.some((figure) => verdictOf(figure) === 'MISSED') ? 1 : 0);
