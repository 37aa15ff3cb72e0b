/** The status page on a graph, with its server and without the rest of the program. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../../dashboard/context.ts';
import { answer } from '../../dashboard/routes.ts';
import { startDashboardServer } from '../../dashboard/server.ts';
import type { DashboardServer } from '../../dashboard/server.ts';
import { root } from './program.ts';

/** Its answers fail the test that asks when they cannot be made. */
export function serveDashboard(context: Context): Promise<DashboardServer> {
  const read = (name: string) => readFileSync(join(root, 'dashboard', name), 'utf8');
  return startDashboardServer({
    host: '127.0.0.1',
    port: 0,
    files: { style: read('style.css'), script: read('script.js') },
    answer: (url) => answer(context, url),
    onError: (error) => console.error(error),
  });
}
