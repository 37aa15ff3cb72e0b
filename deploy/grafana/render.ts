/** From the tables to what Grafana 10.4 and later import. */
import type { Dashboard, Panel, Variable } from './dashboards.ts';

const SOURCE = { type: 'prometheus', uid: '${DS_PROMETHEUS}' } as const;
const HEIGHTS: Readonly<Record<Panel['kind'], number>> = { stat: 4, timeseries: 8, heatmap: 8, table: 8 };
const COLUMNS = 24;

/** Text of the file. */
export function renderDashboard({ uid, title, variables, panels }: Dashboard): string {
  const dashboard = {
    __inputs: [
      {
        name: 'DS_PROMETHEUS',
        label: 'Prometheus',
        description: 'The Prometheus that scrapes the controllers',
        type: 'datasource',
        pluginId: 'prometheus',
        pluginName: 'Prometheus',
      },
    ],
    __requires: [
      { type: 'grafana', id: 'grafana', name: 'Grafana', version: '10.4.3' },
      { type: 'datasource', id: 'prometheus', name: 'Prometheus', version: '1.0.0' },
    ],
    uid,
    title,
    tags: ['tidegate', 'ingress', 'nginx'],
    editable: true,
    refresh: '10s',
    schemaVersion: 39,
    time: { from: 'now-30m', to: 'now' },
    timezone: 'browser',
    templating: { list: variables.map(variableOf) },
    panels: placed(panels).map(panelOf),
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

function variableOf({ name, title, label, metric }: Variable) {
  const query = `label_values(${metric}, ${label})`;
  return {
    name,
    label: title,
    type: 'query',
    datasource: SOURCE,
    definition: query,
    query: { query, refId: name },
    refresh: 2,
    sort: 1,
    includeAll: true,
    allValue: '.*',
    multi: false,
    current: { selected: true, text: 'All', value: '$__all' },
  };
}

interface Placed {
  readonly panel: Panel;
  readonly x: number;
  readonly y: number;
}

/** From left to right, row by row. */
function placed(panels: readonly Panel[]): readonly Placed[] {
  let [x, y, tallest] = [0, 0, 0];
  return panels.map((panel) => {
    if (x + panel.width > COLUMNS) [x, y, tallest] = [0, y + tallest, 0];
    const place = { panel, x, y };
    x += panel.width;
    tallest = Math.max(tallest, HEIGHTS[panel.kind]);
    return place;
  });
}

function panelOf({ panel, x, y }: Placed, index: number) {
  const { title, kind, unit, description, queries, width } = panel;
  return {
    id: index + 1,
    title,
    description,
    type: kind,
    datasource: SOURCE,
    gridPos: { h: HEIGHTS[kind], w: width, x, y },
    fieldConfig: { defaults: { unit }, overrides: [] },
    targets: queries.map(({ expression, legend }, at) => ({
      refId: String.fromCodePoint(65 + at),
      datasource: SOURCE,
      expr: expression,
      legendFormat: legend,
      ...(kind === 'timeseries' || kind === 'heatmap' ? {} : { instant: true, range: false }),
      ...(kind === 'heatmap' ? { format: 'heatmap' } : kind === 'table' ? { format: 'table' } : {}),
    })),
  };
}
