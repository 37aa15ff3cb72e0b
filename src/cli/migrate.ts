/** `tidegate migrate`: what changes when it takes over from ingress-nginx, for a live cluster or for manifests. */
import { examine } from '../migrate/examine.ts';
import { printHtml } from '../migrate/html.ts';
import type { Report } from '../migrate/report.ts';
import { printText } from '../migrate/text.ts';
import { graphOptionsOf } from '../setup/graph-options.ts';
import { exitCodes } from './exit-codes.ts';
import { readObjects } from './objects.ts';
import type { Tool } from './tool.ts';

const PRINTERS: Readonly<Record<string, (report: Report) => string>> = {
  text: printText,
  json: (report) => `${JSON.stringify(report, null, 2)}\n`,
  html: printHtml,
};

/** Resolves to 1 when an Ingress would be refused. */
export const migrate: Tool = async ({ options, write }) => {
  const objects = await readObjects(options);
  const report = await examine({
    ...objects,
    options: graphOptionsOf(options),
    watchNamespace: options.watchNamespace,
    configMap: options.configmap,
  });
  write((PRINTERS[options.report] ?? printText)(report));
  return report.counts.refused > 0 ? exitCodes.refused : exitCodes.success;
};
