/** What the tests of the documentation need without a cluster: that they leave nothing out, and that they can fail. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { PAGES, SCRIPTS_NOT_RUN, STANDS_FOR } from '../../e2e/support/documents.ts';
import { blocksOf, missing, mustFail, objectsOf, stepsOf } from '../../e2e/support/guide.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** All pages of the repository. */
const files = ['.', 'docs', 'deploy', 'examples', 'bench', 'templates'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: folder !== '.', encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);

describe('commands of the documentation', () => {
  it('stand on pages that are run', () => {
    const shown = files.filter((path) => {
      const blocks = blocksOf(read(path));
      const commands = blocks.filter(({ language }) => language === 'sh' || language === 'console');
      return commands.length + objectsOf(blocks).length > 0;
    });
    expect(shown.sort()).to.deep.equal(PAGES.map(({ path }) => path).sort());
  });

  for (const { path, exceptions = [] } of PAGES)
    it(`of ${path} are steps, or exceptions that exist`, () => {
      const blocks = blocksOf(read(path));
      for (const { begins, reason } of exceptions) {
        const named = blocks.filter(({ text }) => text.startsWith(begins));
        expect(named, begins).to.have.length(1);
        expect(reason).to.match(/\w+ \w+/);
      }
      const run = blocks.filter(({ text }) => !exceptions.some(({ begins }) => text.startsWith(begins)));
      expect(stepsOf(run).some(({ kind }) => kind !== 'file') || exceptions.length > 0).to.equal(true);
    });

  it('name scripts of the project that exist, and are run or say why not', () => {
    const { scripts } = JSON.parse(read('package.json')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const scriptsIn = (texts: readonly string[]) =>
      new Set(
        texts.flatMap((text) =>
          [...text.matchAll(/\bnpm run (?:--silent )?([\w:]+)/g)].map(([, name = '']) => name),
        ),
      );
    const named = scriptsIn(files.map(read));
    expect([...named].filter((name) => !(name in scripts))).to.deep.equal([]);
    const run = scriptsIn(
      PAGES.flatMap(({ path, exceptions = [] }) =>
        blocksOf(read(path)).flatMap(({ text }) =>
          exceptions.some(({ begins }) => text.startsWith(begins)) ? [] : [text],
        ),
      ),
    );
    expect([...named.difference(run)].sort()).to.deep.equal(Object.keys(SCRIPTS_NOT_RUN).sort());
  });

  it('have stand-ins only for what some page says', () => {
    const all = PAGES.map(({ path }) => read(path)).join('');
    expect(STANDS_FOR.filter(([name]) => !all.includes(name))).to.deep.equal([]);
  });
});

describe('steps of a page', () => {
  const stepsIn = (text: string) => stepsOf(blocksOf(text));
  const lines = (...expected: readonly string[]) => ({ kind: 'lines', lines: expected }) as const;
  const all = (text: string) => ({ kind: 'all', text }) as const;

  it('are blocks of sh, with the text that follows', () => {
    expect(stepsIn('A\n\n```sh\na\nb\n```\n\n```text\nc\n```\n')).to.deep.equal([
      { kind: 'commands', text: 'a\nb\n', expected: lines('c'), line: 4 },
    ]);
  });

  it('are lines with a prompt, each with what it prints', () => {
    const text = '```console\n$ a \\\n  b\nc\n$ d <<EOF\ne\nEOF\n$ f\ng\nh\n```\n';
    expect(stepsIn(text)).to.deep.equal([
      { kind: 'commands', text: 'a \\\n  b', expected: all('c\n'), line: 2 },
      { kind: 'commands', text: 'd <<EOF\ne\nEOF', expected: lines(), line: 5 },
      { kind: 'commands', text: 'f', expected: all('g\nh\n'), line: 8 },
    ]);
  });

  it('are files and commands that go on', () => {
    expect(stepsIn('```yaml\n# file: a.yaml\na: 1\n```\n```yaml\nb: 1\n```\n')).to.deep.equal([
      { kind: 'file', name: 'a.yaml', text: '# file: a.yaml\na: 1\n' },
    ]);
    expect(
      stepsIn('```console\n$ kubectl port-forward x 1 &\n$ curl x\n```\n').map(({ kind }) => kind),
    ).to.deep.equal(['serves', 'commands']);
  });

  for (const [name, text, message] of [
    ['a language that nobody runs', '```bash\na\n```\n', /line 2: a block of "bash"/],
    ['an indented one', '- a\n  ```shell\n  a\n  ```\n', /line 3: a block of "shell"/],
    ['output before a prompt', '```console\na\n$ b\n```\n', /line 2: .* begins with a command/],
    ['output of nothing', '```text\na\n```\n', /line 2: this output has no commands/],
  ] as const)
    it(`are not ${name}`, () => {
      expect(() => stepsIn(text)).to.throw(message);
    });

  const outputs: readonly (readonly [string, ReturnType<typeof all> | ReturnType<typeof lines>, boolean])[] =
    [
      ['a\nb\nc', lines('a', 'c'), true],
      ['a\nb\nc', lines('c', 'a'), false],
      ['a  b', lines('a b'), true],
      ['abc', lines('a…'), true],
      ['abc', lines('a'), false],
      ['a\nb', all('a b\n'), true],
      ['a\nb\nc', all('a b\n'), false],
      ['a\nb\nc', all('a\n…'), true],
      ['pod/web-5f4bd44db8-bhqmb 1/1 18s', all('pod/web-7c8d5b6f9d-xk2lp 1/1 3m20s'), true],
      ['pod/web-5f4bd44db8-bhqmb 0/1 18s', all('pod/web-7c8d5b6f9d-xk2lp 1/1 3m20s'), false],
      ['pod/ingress-nginx-x', all('pod/ingress-other-x'), false],
      ['80:32503/TCP 10.96.0.1', all('80:30001/TCP 10.0.0.9'), true],
      ['80:32503/TCP', all('443:30001/TCP'), false],
    ];
  for (const [output, expected, fits] of outputs)
    it(`${fits ? 'print' : 'do not print'} ${JSON.stringify(expected)} with ${JSON.stringify(output)}`, () => {
      expect(missing(output, expected) === null).to.equal(fits);
    });

  it('must fail where they print an error', () => {
    expect(mustFail(all('Error from server: x\n'))).to.equal(true);
    expect(mustFail(all('created\n'))).to.equal(false);
    expect(mustFail(lines('error: x'))).to.equal(false);
  });
});
