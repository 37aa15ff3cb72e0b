/** Writes the dashboards beside this file. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboards } from './dashboards.ts';
import { renderDashboard } from './render.ts';

for (const dashboard of dashboards)
  writeFileSync(join(import.meta.dirname, dashboard.file), renderDashboard(dashboard));
