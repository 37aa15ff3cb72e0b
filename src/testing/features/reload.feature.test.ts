import { expect } from 'chai';
import { setTimeout } from 'node:timers/promises';
import { makePair } from '../harness/certificates.ts';
import { openRaw } from '../harness/client.ts';
import type { RawConnection } from '../harness/client.ts';
import { configMap, endpoints, ingress, service, tlsSecret } from '../harness/objects.ts';
import { eventually, steadily } from '../harness/poll.ts';
import { activeWorkersOf, workersOf } from '../harness/processes.ts';
import type { Program } from '../harness/program.ts';
import { useStage } from '../harness/stage.ts';
import { siteObjects } from './site.ts';

const REQUIRED = /backend reload required/;

const newHost = (number: number) => ingress('new', { rules: { [`new-${number}.test`]: 'web' } });

describe('a reload that takes long', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const other = await stage.backend('other');
    const tls = [{ hosts: ['tls.test'], secretName: 'pair' }];
    stage.write('site.yaml', ...siteObjects(web), ingress('tls', { rules: { 'tls.test': 'web' }, tls }));
    stage.write('pair.yaml', tlsSecret('pair', await makePair('tls.test', 'first.test')));
    stage.write('moving.yaml', service('moving'), ...endpoints('moving', [web]));
    stage.write('moved.yaml', ingress('moved', { rules: { 'moved.test': 'moving' } }));
    return {
      web,
      other,
      program: await stage.start({ flags: ['--sync-rate-limit=20', '--live-routes=false'] }),
    };
  });

  it('holds up no endpoint and no certificate; the newest state comes next, and nothing between', async () => {
    const { stage, program, other } = the();
    const { master, begun, resume } = await hangingReload();
    try {
      stage.write('moving.yaml', service('moving'), ...endpoints('moving', [other]));
      await eventually(async () =>
        expect((await program.http('moved.test', '/')).echo().backend).to.equal('other'),
      );
      stage.write('pair.yaml', tlsSecret('pair', await makePair('tls.test', 'second.test')));
      await eventually(async () =>
        expect((await program.https('tls.test', '/')).certificate.names).to.include('second.test'),
      );
      const before = program.reloads();
      for (let change = 2; change <= 20; change++) {
        stage.write('new.yaml', newHost(change));
        await setTimeout(20);
      }
      await steadily(() => expect([program.reloads(), begun()]).to.deep.equal([before, 1]), 300);
      resume();
      await eventually(() => expect(program.reloads()).to.be.above(before));
      await eventually(async () => expect((await program.http('new-20.test', '/')).status).to.equal(200));
      await program.settled();
      // The one that hung, and one for all that came meanwhile.
      expect(program.reloads()).to.equal(before + 2);
      expect((await program.http('new-19.test', '/')).status).to.equal(404);
      await eventually(() => expect(workersOf(master)).to.deep.equal(activeWorkersOf(master)));
    } finally {
      resume();
    }
  });

  /** Begins a reload whose signal the master does not hear until it is resumed. */
  async function hangingReload() {
    const { stage, program } = the();
    const master = program.master();
    const from = program.logLines().length;
    process.kill(master, 'SIGSTOP');
    stage.write('new.yaml', newHost(1));
    await program.logged(REQUIRED, { from });
    // The file that is in place is the one that is to be loaded.
    await eventually(async () => expect(await program.nginxConf()).to.include('new-1.test'));
    const begun = () =>
      program
        .logLines()
        .slice(from)
        .filter((line) => REQUIRED.test(line)).length;
    return { master, begun, resume: () => void process.kill(master, 'SIGCONT') };
  }
});

describe('a storm of changes', () => {
  const SECONDS = 5;
  const the = useStage(async (stage) => {
    stage.write('site.yaml', ...siteObjects(await stage.backend('web')));
    return { program: await stage.start({ flags: ['--live-routes=false'] }) };
  });

  it('of a hundred a second costs one reload a second, and its last state serves', async () => {
    const { stage, program } = the();
    const before = program.reloads();
    const started = performance.now();
    let changes = 0;
    while (performance.now() - started < SECONDS * 1000) {
      stage.write('new.yaml', newHost(++changes));
      await setTimeout(Math.max(0, started + changes * 10 - performance.now()));
    }
    await eventually(async () =>
      expect((await program.http(`new-${changes}.test`, '/')).status).to.equal(200),
    );
    const seconds = (performance.now() - started) / 1000;
    await program.settled(1500);
    const reloads = program.reloads() - before;
    expect(changes).to.be.above(SECONDS * 50);
    expect(reloads).to.be.within(2, Math.ceil(seconds) + 1);
    expect((await program.http(`new-${changes - 1}.test`, '/')).status).to.equal(404);
  });
});

describe('generations that drain', () => {
  const LIMIT = 3;
  const the = useStage(async (stage) => {
    stage.write('site.yaml', ...siteObjects(await stage.backend('web')));
    return {};
  });

  async function start(shutdownTimeout: string): Promise<Program> {
    const { stage } = the();
    stage.write('settings.yaml', configMap('settings', { 'worker-shutdown-timeout': shutdownTimeout }));
    return stage.start({
      flags: [
        '--configmap=default/settings',
        '--sync-rate-limit=20',
        '--live-routes=false',
        `--max-draining-generations=${LIMIT}`,
      ],
    });
  }

  /** One idle websocket in each generation, until as many drain as may. */
  async function fill(program: Program, first: number): Promise<readonly RawConnection[]> {
    const { stage } = the();
    const sockets: RawConnection[] = [];
    for (let generation = 0; generation < LIMIT; generation++) {
      sockets.push(await openWebsocket(program));
      await program.reloadAfter(() => stage.write('new.yaml', newHost(first + generation)));
    }
    // Workers without a socket are gone in a moment.
    await eventually(async () => {
      expect(await program.metric('nginx_ingress_controller_draining_generations')).to.equal(LIMIT);
      expect(await program.metric('nginx_ingress_controller_draining_workers')).to.equal(LIMIT);
    });
    return sockets;
  }

  it('make a reload wait until one has ended, whatever comes meanwhile, and lose nothing', async () => {
    const { stage } = the();
    const program = await start('240s');
    const [oldest, middle, newest] = await fill(program, 0);
    const before = program.reloads();
    const from = program.logLines().length;
    stage.write('new.yaml', newHost(10));
    await program.logged(/Reload waits, since too many older generations/, { from });
    stage.write('new.yaml', newHost(11));
    await steadily(() => expect(program.reloads()).to.equal(before), 500);
    for (const socket of [oldest, middle, newest]) await echoes(socket);
    middle?.close();
    await eventually(async () => expect((await program.http('new-11.test', '/')).status).to.equal(200));
    await program.settled();
    expect(program.reloads()).to.equal(before + 1);
    for (const socket of [oldest, newest]) {
      await echoes(socket);
      socket?.close();
    }
    await eventually(async () =>
      expect(await program.metric('nginx_ingress_controller_draining_workers')).to.equal(0),
    );
    await program.stop('SIGINT');
  });

  it('give way, the oldest first, when a reload has waited for its share of worker-shutdown-timeout', async () => {
    const { stage } = the();
    // A share of 4 s, after which the oldest has 8 s left.
    const program = await start('12s');
    const [oldest, ...others] = await fill(program, 20);
    const from = program.logLines().length;
    stage.write('new.yaml', newHost(30));
    await oldest?.rest();
    await program.logged(/Connections to the oldest generation are closed before worker-shutdown-timeout/, {
      from,
    });
    for (const socket of others) await echoes(socket);
    await eventually(async () => expect((await program.http('new-30.test', '/')).status).to.equal(200));
    await program.stop('SIGINT');
  });
});

/** On one worker alone: an idle one of the same generation would end at once. */
async function openWebsocket({ ports }: Program): Promise<RawConnection> {
  const connection = await openRaw(ports.http);
  connection.write(
    'GET /socket HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  );
  await connection.read(/^HTTP\/1\.1 101 [^]*\r\n\r\n$/);
  return connection;
}

async function echoes(connection: RawConnection | undefined): Promise<void> {
  const text = `ping ${performance.now()}`;
  connection?.write(text);
  await connection?.read(new RegExp(`web:${text}`));
}
