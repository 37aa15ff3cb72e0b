/** `tidegate migrate`: what changes when it takes over from ingress-nginx, for a live cluster or for manifests. */
import { chooseController } from '../migrate/arguments.ts';
import { findControllers } from '../migrate/controller.ts';
import { examine } from '../migrate/examine.ts';
import { printHtml } from '../migrate/html.ts';
import type { Report } from '../migrate/report.ts';
import { printText } from '../migrate/text.ts';
import { graphOptionsOf } from '../setup/graph-options.ts';
import { exitCodes } from './exit-codes.ts';
import { readObjects } from './objects.ts';
import type { Tool } from './tool.ts';
import { readWorkloads } from './workloads.ts';

const PRINTERS: Readonly<Record<string, (report: Report) => string>> = {
  text: printText,
  json: (report) => `${JSON.stringify(report, null, 2)}\n`,
  html: printHtml,
};

/** Resolves to 1 when an Ingress would be refused, or the controller would not start. */
export const migrate: Tool = async ({ options: own, given, write }) => {
  const { workloads, gaps } = await readWorkloads(own);
  const {
    options,
    report: controller,
    others,
  } = chooseController(findControllers(workloads), {
    options: own,
    given,
  });
  const objects = await readObjects(options);
  const report = await examine({
    ...objects,
    gaps: [...objects.gaps, ...gaps, ...others],
    controller,
    options: graphOptionsOf(options),
    watchNamespace: options.watchNamespace,
    configMap: options.configmap,
  });
  write((PRINTERS[options.report] ?? printText)(report));
  const isRefused = controller?.findings.some(({ kind }) => kind === 'refused') ?? false;
  return report.counts.refused > 0 || isRefused ? exitCodes.refused : exitCodes.success;
};
