import { expect } from 'chai';
import { listProcesses, waitShutdown } from './wait-shutdown.ts';
import type { ProcessEntry } from './wait-shutdown.ts';

const controller: ProcessEntry = {
  pid: 7,
  parent: 1,
  name: 'node',
  commandLine: 'node /usr/bin/nginx-ingress-controller --x',
};
const init: ProcessEntry = {
  pid: 1,
  parent: 0,
  name: 'dumb-init',
  commandLine: '/usr/bin/dumb-init -- /nginx-ingress-controller --x',
};
const nginx: ProcessEntry = {
  pid: 20,
  parent: 7,
  name: 'nginx',
  commandLine: 'nginx: worker process is shutting down',
};
const own: ProcessEntry = {
  pid: 99,
  parent: 0,
  name: 'node',
  commandLine: 'node /nginx-ingress-controller/wait-shutdown',
};
const shell: ProcessEntry = { pid: 50, parent: 1, name: 'sh', commandLine: 'sh -c nothing nginx' };

/** @param rounds what /proc shows, one list after the other; the last stays. */
async function run(rounds: readonly (readonly ProcessEntry[])[]) {
  const events: string[] = [];
  let round = 0;
  const code = await waitShutdown({
    own: own.pid,
    list: async () => rounds[Math.min(round++, rounds.length - 1)] ?? [],
    kill: (pid) => events.push(`kill ${pid}`),
    pause: async () => void events.push('pause'),
  });
  return { code, events };
}

describe('wait-shutdown', () => {
  for (const [name, rounds, code, events] of [
    [
      'tells the controller and waits until nginx is gone',
      [[own, controller, nginx], [controller, nginx], [nginx], [controller]],
      0,
      ['kill 7', 'pause', 'pause'],
    ],
    ['does not wait when there is no nginx', [[own, controller]], 0, ['kill 7']],
    ['fails when there is no controller', [[own, nginx, shell]], 1, []],
    ['does not tell itself', [[own]], 1, []],
    ['does not wait for what only speaks of nginx', [[controller, shell]], 0, ['kill 7']],
    ['does not tell the init process, which would tell it again', [[init, controller]], 0, ['kill 7']],
    ['tells all controllers', [[controller, { ...controller, pid: 8 }]], 0, ['kill 7', 'kill 8']],
  ] as const) {
    it(name, async () => {
      expect(await run(rounds)).to.deep.equal({ code, events });
    });
  }

  it('sees the processes of this machine', async () => {
    const found = (await listProcesses()).find(({ pid }) => pid === process.pid);
    expect(found?.parent).to.equal(process.ppid);
    expect(found?.name).to.be.a('string').that.is.not.empty;
    expect(found?.commandLine).to.include('mocha').and.not.include('\0');
  });
});
