import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { expect } from 'chai';
import { makeFolder } from '../testing/builders/folder.ts';
import type { Folder } from '../testing/builders/folder.ts';
import { makeScript } from '../testing/builders/script.ts';
import { processInfo } from '../testing/harness/processes.ts';
import type { Server } from '../model/model.ts';
import { checkChanges, checkGeneration } from './check.ts';
import type { Generation } from './generation.ts';
import { createHelper } from './helper.ts';
import type { Helper } from './helper.ts';
import { layoutOf } from './layout.ts';
import type { Layout } from './layout.ts';

const generation: Generation = {
  checksum: '1',
  head: Buffer.from('events {}\n'),
  servers: [],
  tail: Buffer.alloc(0),
  stream: Buffer.alloc(0),
  files: [],
};

describe('check of a generation', () => {
  let folder: Folder;
  let layout: Layout;
  let helper: Helper;
  beforeEach(async () => {
    folder = await makeFolder();
    layout = layoutOf(folder.path);
    await mkdir(layout.checkDir);
    helper = createHelper();
  });
  afterEach(async () => {
    await helper.close();
    await folder.remove();
  });

  /** The file of the candidate is the last argument. */
  async function check(body: string) {
    const binary = await makeScript(folder, 'nginx', `for file; do :; done\n${body}`);
    return checkGeneration(generation, { command: [binary], layout, run: helper.run });
  }

  it('kills an nginx that does not end, whatever it has said, and one that is stopped, too', async () => {
    for (const body of ['sleep 30', 'echo "nginx: [warn] careful in $file:1" >&2; kill -STOP $$']) {
      const binary = await makeScript(
        folder,
        'nginx',
        `for file; do :; done\necho $$ > ${folder.file('pid')}\n${body}`,
      );
      const result = await checkGeneration(generation, {
        command: [binary],
        layout,
        run: helper.run,
        timeout: 500,
      });
      expect(result).to.deep.equal({
        ok: false,
        failures: [
          {
            message:
              'nginx -t did not end within 0.5 seconds and was killed; see whether a disk that it reads or writes does not answer',
            line: null,
          },
        ],
      });
      expect(processInfo(Number(await readFile(folder.file('pid'), 'utf8')))).to.equal(undefined);
      expect(await readdir(layout.checkDir)).to.deep.equal([]);
    }
  });

  for (const [name, body, expected] of [
    ['takes what nginx takes', 'exit 0', { ok: true }],
    ['takes it with warnings, too', 'echo "nginx: [warn] careful in $file:1" >&2; exit 0', { ok: true }],
    [
      'names the line of the candidate',
      'echo "nginx: [emerg] unknown directive \\"x\\" in $file:12" >&2; exit 1',
      { ok: false, failures: [{ message: '[emerg] unknown directive "x" in nginx.conf:12', line: 12 }] },
    ],
    [
      'reads messages that carry a time and a process',
      'echo "2026/01/02 03:04:05 [emerg] 12#12: no port in $file:3" >&2; exit 1',
      { ok: false, failures: [{ message: '[emerg] no port in nginx.conf:3', line: 3 }] },
    ],
    [
      'has no line when nginx names none, or that of another file',
      'echo "nginx: [emerg] cannot load certificate in /etc/other.conf:5" >&2; exit 1',
      {
        ok: false,
        failures: [{ message: '[emerg] cannot load certificate in /etc/other.conf:5', line: null }],
      },
    ],
    [
      'leaves warnings out when there is an error',
      'echo "nginx: [warn] careful" >&2; echo "nginx: [emerg] bad in $file:2" >&2; exit 1',
      { ok: false, failures: [{ message: '[emerg] bad in nginx.conf:2', line: 2 }] },
    ],
    [
      'joins several errors and takes the line of the first',
      'echo "nginx: [alert] odd in $file:9" >&2; echo "nginx: [emerg] bad in $file:2" >&2; exit 1',
      {
        ok: false,
        failures: [{ message: '[alert] odd in nginx.conf:9; [emerg] bad in nginx.conf:2', line: 9 }],
      },
    ],
  ] as const) {
    it(name, async () => {
      expect(await check(body)).to.deep.equal(expected);
    });
  }

  it('cuts a message that never ends', async () => {
    const result = await check(
      'i=0; while [ $i -lt 200 ]; do echo "nginx: [emerg] no no no no" >&2; i=$((i+1)); done; exit 1',
    );
    expect(result.ok).to.equal(false);
    if (!result.ok) expect(result.failures[0].message).to.have.length(2000);
  });

  it('says something when the program says nothing, or does not exist', async () => {
    const silent = await check('exit 3');
    expect(silent.ok === false && silent.failures[0].message).to.match(/exit code 3/);
    const missing = await checkGeneration(generation, {
      command: [folder.file('none')],
      layout,
      run: helper.run,
    });
    expect(missing.ok === false && missing.failures[0].message).to.include('No such file or directory');
  });

  it('shows nginx the bytes of the candidate, in a file that only we can read', async () => {
    await check(
      `cp "$file" ${folder.file('seen')}; stat -c %a "$file" > ${folder.file('mode')}; echo "$@" > ${folder.file('args')}`,
    );
    expect(await readFile(folder.file('seen'), 'utf8')).to.equal('# Configuration checksum: 1\nevents {}\n');
    expect((await readFile(folder.file('mode'), 'utf8')).trim()).to.equal('600');
    expect(await readFile(folder.file('args'), 'utf8')).to.match(/^-t -q -p \S+\/ -e stderr -c \S+\.conf\n$/);
  });

  it('leaves nothing behind, whatever the outcome', async () => {
    await check('exit 0');
    await check('exit 1');
    await Promise.all([check('exit 0'), check('exit 0')]);
    expect(await readdir(layout.checkDir)).to.deep.equal([]);
    expect(existsSync(layout.config)).to.equal(false);
  });

  it('shows nginx only what the one before does not prove, and names lines of the whole', async () => {
    const [first, second, third] = [fragment('_', 1), fragment('a', 5), fragment('b', 2)];
    const base = { ...generation, servers: [first, second] };
    const next = { ...generation, servers: [first, second, third] };
    const binary = await makeScript(
      folder,
      'nginx',
      'for file; do :; done\nline=$(grep -n "# b" $file | head -n 1 | cut -d : -f 1)\necho "nginx: [emerg] $(wc -l < $file) lines, bad in $file:$line" >&2; exit 1',
    );
    const check = (from: Generation | null) =>
      checkChanges(next, from, { command: [binary], layout, run: helper.run });
    const failing = (message: string) => ({ ok: false, failures: [{ message, line: 9 }] });
    expect(await check(base)).to.deep.equal(failing('[emerg] 5 lines, bad in nginx.conf:9'));
    expect(await check(null)).to.deep.equal(failing('[emerg] 10 lines, bad in nginx.conf:9'));
  });

  it('finds every server that nginx refuses, and shows it each line at most once more', async () => {
    const servers = ['_', 'a', 'bad-1', 'b', 'bad-2', 'bad-3', 'c'].map((host) => fragment(host, 3));
    const shown = folder.file('shown');
    const binary = await makeScript(
      folder,
      'nginx',
      `for file; do :; done
cat $file >> ${shown}
line=$(grep -n "# bad" $file | head -n 1 | cut -d : -f 1)
[ -z "$line" ] && exit 0
echo "nginx: [emerg] $(sed -n "$line p" $file) in $file:$line" >&2; exit 1`,
    );
    const base = { ...generation, servers: servers.filter(({ server }) => ['_', 'a'].includes(server.host)) };
    const next = { ...generation, servers };
    const failures = [
      { message: '[emerg] # bad-1 in nginx.conf:9', line: 9 },
      { message: '[emerg] # bad-2 in nginx.conf:15', line: 15 },
      { message: '[emerg] # bad-3 in nginx.conf:18', line: 18 },
    ];
    for (const from of [null, base]) {
      const result = await checkChanges(next, from, { command: [binary], layout, run: helper.run });
      expect(result).to.deep.equal({ ok: false, failures });
    }
    const times = (await readFile(shown, 'utf8')).split('\n').filter((line) => line === '# c').length;
    // Three lines in each of at most four files of each of the two checks.
    expect(times).to.be.at.most(24);
  });
});

function fragment(host: string, lines: number) {
  return {
    server: { host, name: { kind: host === '_' ? 'catch-all' : 'exact' } } as unknown as Server,
    text: Buffer.from(`# ${host}\n`.repeat(lines)),
    lines,
    digest: Buffer.from(host),
  };
}
