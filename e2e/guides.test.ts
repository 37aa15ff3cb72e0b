/** Every command of the guides, as somebody would type them. */
import { mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { missingLine, stepsOf } from './support/guide.ts';
import type { Step } from './support/guide.ts';
import { eventually, namespacesEnded } from './support/kubectl.ts';

const root = join(import.meta.dirname, '..');
const guides = join(root, 'docs', 'guides');

/** Images that the test cluster cannot pull, and what stands for them: both tell their host name. */
const IMAGES: Readonly<Record<string, string>> = { 'traefik/whoami:v1.11': 'tidegate.test/echo:1' };

function withImages(text: string): string {
  return Object.entries(IMAGES).reduce((all, [image, own]) => all.replaceAll(image, own), text);
}

/** Variables that a block exports are there in the next ones. */
async function run(
  folder: string,
  commands: string,
): Promise<{ readonly code: number; readonly output: string }> {
  const script = `set -eu; [ ! -f .env ] || . ./.env\n${withImages(commands)}\ndeclare -px > .env`;
  const { exitCode, all } = await execa('bash', ['-c', script], { cwd: folder, all: true, reject: false });
  return { code: exitCode ?? -1, output: all };
}

/** What only asks may be asked again until things have come to rest. */
const CHANGES = /\b(?:create|apply|annotate|delete|patch|set|expose|scale|undo)\b/;

async function take(folder: string, step: Step): Promise<void> {
  if (step.kind === 'file') return writeFile(join(folder, step.name), withImages(step.text));
  const attempt = async (): Promise<true> => {
    const { code, output } = await run(folder, step.text);
    expect(code, `line ${step.line}: ${output}`).to.equal(0);
    expect(missingLine(output, step.expected), `line ${step.line} prints:\n${output}`).to.equal(null);
    return true;
  };
  if (CHANGES.test(step.text)) await attempt();
  else await eventually(`line ${step.line}`, attempt);
}

describe('guides', () => {
  after(namespacesEnded);

  for (const name of [
    'getting-started',
    'tls',
    'authentication',
    'canary',
    'limits',
    'metrics',
    'troubleshooting',
  ])
    it(`${name}: all commands do what it says`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'tidegate-guide-'));
      try {
        // Paths in guides are those of the repository.
        for (const entry of ['deploy', 'examples']) await symlink(join(root, entry), join(folder, entry));
        for (const step of stepsOf(await readFile(join(guides, `${name}.md`), 'utf8')))
          await take(folder, step);
      } finally {
        await rm(folder, { recursive: true });
      }
    });

  it('are all run', async () => {
    const files = (await readdir(guides)).map((file) => file.replace(/\.md$/, ''));
    const source = await readFile(import.meta.filename, 'utf8');
    expect(files.filter((file) => !source.includes(`'${file}'`))).to.deep.equal([]);
  });
});
