import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { silentLogger } from '../lib/log.ts';
import { makeFolder } from '../testing/builders/folder.ts';
import { eventually } from '../testing/harness/poll.ts';
import { prepareFolders } from './folders.ts';
import { layoutOf } from './layout.ts';
import { endLeftover } from './master.ts';
import { commandLine, membersOf } from './workers.ts';

/** Makes a process of this name and lets the leader of its group end. Resolves to both numbers. */
async function makeOrphan(name: string): Promise<{ readonly group: number; readonly orphan: number }> {
  const script = `(exec -a '${name}' sleep 60) >/dev/null & echo $!`;
  const leader = spawn('bash', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  leader.stdout.on('data', (data: Buffer) => (output += data.toString()));
  await once(leader, 'close');
  const orphan = Number(output);
  // Until then it bears the name of its leader.
  await eventually(async () => expect(await commandLine(orphan)).to.match(new RegExp(`^${name}`)));
  return { group: leader.pid ?? 0, orphan };
}

describe('what a killed controller has left', () => {
  for (const [name, outcome] of [
    ['nginx: worker process', 'ended'],
    ['somebody else', 'left alone'],
  ] as const) {
    it(`${name} without its master is ${outcome}`, async () => {
      const folder = await makeFolder();
      const { group, orphan } = await makeOrphan(name);
      const warnings: string[] = [];
      try {
        const layout = layoutOf(folder.file('data'));
        await prepareFolders(layout);
        await writeFile(layout.pid, `${group}\n`);
        expect(await membersOf(group)).to.deep.equal(outcome === 'ended' ? [orphan] : []);
        await endLeftover({ layout, log: { ...silentLogger, warn: (text) => void warnings.push(text) } });
        const title = (await commandLine(orphan)) ?? '';
        expect(title.startsWith(name)).to.equal(outcome !== 'ended');
        expect(warnings).to.have.length(outcome === 'ended' ? 1 : 0);
      } finally {
        if (outcome !== 'ended') process.kill(orphan, 'SIGKILL');
        await folder.remove();
      }
    });
  }
});
