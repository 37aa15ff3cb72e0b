import manifest from '../../package.json' with { type: 'json' };

/** Facts about this build for the banner and `--version`. */
export const build = {
  version: `v${manifest.version}`,
  build: process.env['TIDEGATE_BUILD'] ?? 'source',
  repository: 'tidegate',
} as const;
