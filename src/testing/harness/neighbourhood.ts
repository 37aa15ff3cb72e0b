/** Sites of good owners that are asked all the time, at a steady rate, while something happens beside them. */
import { newConnections, keptConnections } from './load-ways.ts';
import { runLoad } from './load.ts';
import type { Loss } from './load.ts';
import type { Program } from './program.ts';

export interface AskedOptions {
  readonly hosts: readonly string[];
  /** Requests at least; more when what happens takes longer. */
  readonly least: number;
  /** Requests a second. */
  readonly rate: number;
  /** Whether an answer is the right one. */
  readonly isGood: (text: string) => boolean;
}

export interface Asked {
  readonly sent: number;
  readonly answered: number;
  readonly losses: readonly Loss[];
}

/** Asks the hosts by turns, half of them over connections that are kept. Resolves when the action has ended and enough was asked. */
export async function askedAllTheTime(
  { ports }: Pick<Program, 'ports'>,
  { hosts, least, rate, isGood }: AskedOptions,
  action: () => Promise<void>,
): Promise<Asked> {
  const ways = hosts.map((host, index) => {
    const target = { http: ports.http, https: ports.https, host };
    return { way: index % 2 === 0 ? keptConnections(target) : newConnections(target), share: 1 };
  });
  // Each host as often as the others, for about half a second.
  const requests = hosts.length * Math.ceil(rate / hosts.length / 2);
  let over = false;
  const acting = action().finally(() => (over = true));
  // It is told at the end, when nobody asks any more.
  acting.catch(() => undefined);
  const total = { sent: 0, answered: 0, losses: [] as Loss[] };
  while (!over || total.sent < least) {
    const report = await runLoad({ ways, requests, rate, pathOf: (number) => `/${number}`, isGood });
    total.sent += report.sent;
    total.answered += report.answered;
    total.losses.push(...report.losses);
  }
  for (const { way } of ways) way.close();
  await acting;
  return total;
}
