import { existsSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { makeFolder } from '../testing/builders/folder.ts';
import type { Folder } from '../testing/builders/folder.ts';
import { makeScript } from '../testing/builders/script.ts';
import { eventually } from '../testing/harness/poll.ts';
import { silentLogger } from '../lib/log.ts';
import { layoutOf } from './layout.ts';
import { createNginxProcess } from './process.ts';
import type { NginxProcess } from './process.ts';

/** Writes what it hears, and takes a second to quit. */
const MASTER = `
cd "$2"
echo start >> heard
trap 'echo HUP >> heard' HUP
trap 'echo QUIT >> heard; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; done; exit 0' QUIT
mkdir -p "$(dirname "$PID_FILE")"; echo $$ > "$PID_FILE"
while :; do sleep 0.05; done
`;

describe('nginx process', () => {
  let folder: Folder;
  let nginx: NginxProcess;
  beforeEach(async () => {
    folder = await makeFolder();
    nginx = await make();
  });
  afterEach(async () => {
    await nginx.stop(0);
    await folder.remove();
  });

  const heard = () => (existsSync(folder.file('heard')) ? readFileSync(folder.file('heard'), 'utf8') : '');

  async function make() {
    const layout = layoutOf(folder.path);
    const script = await makeScript(folder, 'master', MASTER.replaceAll('$PID_FILE', layout.pid));
    const command = [script] as const;
    return createNginxProcess({ command, layout, log: silentLogger, onRestart: () => undefined });
  }

  it('is not asked to reload when it has been told to quit, which would start workers', async () => {
    expect(await nginx.start()).to.equal('runs');
    nginx.reload();
    await eventually(() => expect(heard()).to.equal('start\nHUP\n'));
    const stopped = nginx.stop(10_000);
    await eventually(() => expect(heard()).to.include('QUIT'));
    nginx.reload();
    await setTimeout(200);
    await stopped;
    expect(heard()).to.equal('start\nHUP\nQUIT\n');
  });

  it('is not started any more when it has been stopped', async () => {
    await nginx.stop(0);
    expect(await nginx.start()).to.equal('ended');
    await setTimeout(200);
    expect(heard()).to.equal('');
  });
});
