/** The pure stages and the renderer as they live in the controller: builders that keep what they know from step to step. */
import type { Snapshot } from '../../cluster/snapshot.ts';
import { readSettings } from '../../config/settings/read.ts';
import type { Settings } from '../../config/settings/table.ts';
import { createGraphBuilder } from '../../graph/build.ts';
import type { Graph } from '../../graph/graph.ts';
import type { GraphOptions } from '../../graph/options.ts';
import { describeProblem } from '../../graph/problems.ts';
import { createModelBuilder } from '../../model/build.ts';
import type { Model } from '../../model/model.ts';
import type { Environment } from '../../nginx/environment.ts';
import { createRenderer } from '../../nginx/files.ts';
import { configOf } from '../../nginx/generation.ts';
import type { Generation } from '../../nginx/generation.ts';
import { loadTemplates } from '../../nginx/templates.ts';
import type { ConfigMap, KubeObject } from '../../source/objects.ts';
import { environment, templatesFolder } from './environment.ts';
import { CONFIG_MAP, graphOptions, liveMapOf, snapshotOf } from './pipeline.ts';

export interface Rendered {
  readonly settings: Settings;
  readonly graph: Graph;
  readonly model: Model;
  readonly generation: Generation;
  readonly text: string;
}

export interface Pipeline {
  run(snapshot: Snapshot): Promise<Rendered>;
}

export interface PipelineOptions {
  readonly environment?: Environment;
  readonly options?: Partial<GraphOptions>;
}

export const templates = loadTemplates(templatesFolder);

export function pipeline(setup: PipelineOptions = {}): Pipeline {
  const graphs = createGraphBuilder({ ...graphOptions, ...setup.options });
  const models = createModelBuilder();
  const renderer = createRenderer(templates, setup.environment ?? environment());
  let last: { readonly source: ConfigMap | undefined; readonly settings: Settings } | null = null;
  return {
    async run(snapshot) {
      const source = snapshot.configMaps.get(CONFIG_MAP);
      // As the sync does it: equal ConfigMap, equal settings.
      if (last === null || last.source !== source) {
        last = { source, settings: readSettings(source?.data ?? {}).settings };
      }
      const { settings } = last;
      const graph = graphs.build(snapshot, {
        ...settings,
        ingressClassesReadable: true,
        heldPorts: new Map(),
        resolvedNames: new Map(),
        zone: null,
      });
      const model = models.build(graph, settings);
      const generation = await renderer.render(model);
      return { settings, graph, model, generation, text: configOf(generation).toString() };
    },
  };
}

/** From scratch. */
export function render(objects: readonly KubeObject[], setup: PipelineOptions = {}): Promise<Rendered> {
  return pipeline(setup).run(snapshotOf(objects));
}

/** Everything that is visible outside of the process. */
export function outcomeOf({ text, model, graph, generation }: Rendered) {
  const files = generation.files.map(({ folder, name, content }) => [
    folder,
    name,
    content.toString('base64'),
  ]);
  return { text, files, live: [...liveMapOf(model)], problems: graph.problems.map(describeProblem) };
}

/** What nginx does, whatever the checksum is that its text names. */
export function effectOf(rendered: Rendered) {
  const { text, files, live } = outcomeOf(rendered);
  return {
    text: text.replace(/^# Configuration checksum: .*\n/, '').replaceAll(/return 200 "\d+ /g, ''),
    files,
    live,
  };
}
