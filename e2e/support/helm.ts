/** helm with the chart of this project. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

const root = join(import.meta.dirname, '../..');

export interface Helm {
  /** Later values win, key by key. Returns when pods are Ready and hooks are through. @throws with helm's words. */
  run(action: 'install' | 'upgrade', values: readonly object[]): Promise<string>;
  /** Does nothing when there is no release. */
  remove(): Promise<void>;
}

export interface Release {
  readonly namespace: string;
  readonly release: string;
}

export async function createHelm({ namespace, release }: Release): Promise<Helm> {
  const script = join(root, 'scripts/manifests.mjs');
  const { stdout: helm } = await execa(process.execPath, [script, '--helm'], { stderr: 'inherit' });
  const place = ['--namespace', namespace];
  return {
    async run(action, values) {
      const folder = await mkdtemp(join(tmpdir(), 'tidegate-helm-'));
      try {
        const files = values.map((_, index) => join(folder, `${index}.json`));
        for (const [index, file] of files.entries()) await writeFile(file, JSON.stringify(values[index]));
        const inputs = files.flatMap((file) => ['--values', file]);
        const args = [action, release, join(root, 'deploy/chart'), ...place, ...inputs];
        return (await execa(helm, [...args, '--wait', '--timeout', '120s'])).stdout;
      } finally {
        await rm(folder, { recursive: true });
      }
    },
    async remove() {
      await execa(helm, ['uninstall', release, ...place, '--wait', '--ignore-not-found']);
    },
  };
}
