/** Holds the layout of docs/architecture.md: who may import whom, and how large a file may be. */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect } from 'chai';

const root = import.meta.dirname;

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .sort();
const sources = files.filter((name) => !name.endsWith('.test.ts') && !name.startsWith('testing/'));

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const pattern = /^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;
  return [...text.matchAll(pattern)].map(([, type, target = '']) => ({
    from: file,
    to: target.startsWith('.') ? relative(root, resolve(root, dirname(file), target)) : target,
    typeOnly: type !== undefined,
  }));
}

const imports = sources.flatMap(importsOf);
const local = imports.filter(({ to }) => to.endsWith('.ts'));

function stageOf(file: string): string {
  return file.includes('/') ? (file.split('/')[0] ?? '') : 'root';
}

/** Stages that each stage may import from; of those marked with a `*` also values, of the others only types. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  text: ['lib*'],
  config: ['lib*', 'text*'],
  source: ['lib*', 'text*'],
  cluster: ['lib*', 'source'],
  graph: ['lib*', 'text*', 'config', 'source', 'cluster'],
  model: ['lib*', 'text*', 'config', 'source', 'cluster', 'graph'],
  nginx: ['lib*', 'text*', 'config', 'model'],
  observe: ['lib*', 'config'],
  status: ['lib*', 'source', 'cluster', 'graph'],
  // What the controller says about itself when asked.
  inspect: ['lib*', 'text*', 'config', 'source', 'cluster', 'graph*', 'model*'],
  // A program of its own, which runs on the machines of users.
  plugin: ['lib*', 'source*'],
  // Shows what the others have made.
  dashboard: ['lib*', 'cluster', 'graph', 'model'],
  // The webhook runs the pure stages on a candidate.
  admission: ['lib*', 'text*', 'config', 'source', 'cluster', 'graph*', 'model*'],
};

/** Folders that may be without a test, with the reason. */
const withoutTests: Readonly<Record<string, string>> = {
  source: 'holds nothing but types',
};

describe('layout', () => {
  for (const [stage, targets] of Object.entries(allowed)) {
    it(`${stage} imports only from: ${targets.join(', ') || 'nothing'}`, () => {
      const types = new Set(targets.map((target) => target.replace('*', '')));
      const values = new Set(
        targets.filter((target) => target.endsWith('*')).map((target) => target.slice(0, -1)),
      );
      const wrong = local.filter(({ from, to, typeOnly }) => {
        if (stageOf(from) !== stage || stageOf(to) === stage) return false;
        return !(values.has(stageOf(to)) || (typeOnly && types.has(stageOf(to))));
      });
      expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).to.deep.equal([]);
    });
  }

  it('lets only main.ts import app.ts, only app.ts import pipeline.ts, and only that one sync.ts', () => {
    const importers = (target: string) => [
      ...new Set(local.filter(({ to }) => to === target).map(({ from }) => from)),
    ];
    expect(importers('app.ts')).to.deep.equal(['main.ts']);
    expect(importers('pipeline.ts')).to.deep.equal(['app.ts']);
    expect(importers('sync.ts')).to.deep.equal(['pipeline.ts']);
  });

  it('keeps graph and model pure: no files, processes, sockets or API client', () => {
    const impure =
      /^node:(?:fs|child_process|net|http|https|tls|dgram|dns|timers)|^(?:undici|execa|chokidar|@kubernetes)/;
    const wrong = imports.filter(({ from, to }) => /^(?:graph|model)\//.test(from) && impure.test(to));
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).to.deep.equal([]);
  });

  it('has no import cycles', () => {
    const next = new Map<string, string[]>();
    for (const { from, to, typeOnly } of local) {
      if (!typeOnly) next.set(from, [...(next.get(from) ?? []), to]);
    }
    const cycles = sources.flatMap((file) => findCycle(file, next) ?? []);
    expect(cycles).to.deep.equal([]);
  });

  it('has no file over 320 lines', () => {
    const long = sources.filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length > 320);
    // A table is as long as what it lists.
    expect(long.filter((file) => !/\/table(?:-\w+)?\.ts$/.test(file))).to.deep.equal([]);
  });

  it('has a test beside the files of every folder', () => {
    const folderOf = (file: string) => (file.includes('/') ? dirname(file) : 'root');
    const tested = new Set(files.filter((name) => name.endsWith('.test.ts')).map(folderOf));
    const untested = [...new Set(sources.map(folderOf))].filter((folder) => !tested.has(folder));
    expect(untested.filter((folder) => !(folder in withoutTests))).to.deep.equal([]);
  });

  it('has no test that is left out or that leaves out others', () => {
    const narrowed = files.filter((name) => {
      if (!name.endsWith('.test.ts') || name === 'layout.test.ts') return false;
      return /\b(?:it|describe)\.(?:only|skip)\(/.test(readFileSync(join(root, name), 'utf8'));
    });
    expect(narrowed).to.deep.equal([]);
  });

  it('names no library that package.json does not list', () => {
    const manifest = JSON.parse(readFileSync(join(root, '../package.json'), 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const packages = imports
      .filter(({ to }) => !to.startsWith('node:') && !to.endsWith('.ts') && !to.endsWith('.json'))
      .map(({ to }) => /^(?:@[^/]+\/)?[^/]+/.exec(to)?.[0] ?? '');
    expect([...new Set(packages)].filter((name) => !(name in manifest.dependencies))).to.deep.equal([]);
  });
});

function findCycle(start: string, next: ReadonlyMap<string, readonly string[]>): string | null {
  const seen = new Set<string>();
  const queue = [...(next.get(start) ?? [])];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (file === start) return start;
    if (seen.has(file)) continue;
    seen.add(file);
    queue.push(...(next.get(file) ?? []));
  }
  return null;
}
