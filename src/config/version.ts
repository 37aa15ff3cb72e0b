import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Package {
  readonly version: string;
}

const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as Package;

/** Facts about this build for the banner and `--version`. */
export const build = {
  version: `v${manifest.version}`,
  build: process.env['TIDEGATE_BUILD'] ?? 'source',
  repository: 'tidegate',
} as const;
