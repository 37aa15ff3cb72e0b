/** The pure part of the pipeline on manifests, once: what `render` and `lint` share. */
import { createStores } from '../cluster/stores.ts';
import type { Options } from '../config/flags/table.ts';
import { faultsIn } from '../config/settings/faults.ts';
import { readSettings } from '../config/settings/read.ts';
import type { SettingsFault } from '../config/settings/read.ts';
import type { Settings } from '../config/settings/table.ts';
import { createGraphBuilder } from '../graph/build.ts';
import { NOTHING_FOUND_OUT } from '../graph/collect.ts';
import type { Graph } from '../graph/graph.ts';
import { graphOptionsOf } from '../setup/graph-options.ts';
import { readManifests } from '../source/files/read.ts';
import type { Manifests } from '../source/files/read.ts';

export interface Evaluated {
  readonly manifests: Manifests;
  readonly settings: Settings;
  /** What is wrong with the ConfigMap of the controller. */
  readonly faults: readonly SettingsFault[];
  readonly graph: Graph;
}

/** @throws when --manifests is missing or a folder cannot be read. */
export async function evaluateManifests(options: Options): Promise<Evaluated> {
  if (options.manifests.length === 0) throw new Error('name the folder with the manifests: --manifests DIR');
  const manifests = await readManifests(options.manifests);
  const stores = createStores(() => undefined);
  for (const { object } of manifests.objects) stores.put(object);
  const snapshot = stores.snapshot();
  const read = readSettings(snapshot.configMaps.get(options.configmap)?.data ?? {});
  const { settings } = read;
  const graph = createGraphBuilder(graphOptionsOf(options)).build(snapshot, {
    ...settings,
    ...NOTHING_FOUND_OUT,
  });
  return { manifests, settings, faults: faultsIn(read), graph };
}
