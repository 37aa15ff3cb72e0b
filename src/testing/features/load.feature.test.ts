import { expect } from 'chai';
import { Agent, request } from 'node:http';
import type { Socket } from 'node:net';
import { randomInt } from 'node:crypto';
import type { Backend } from '../harness/backend.ts';
import { endpoints, ingress, ingressClass, service } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { activeWorkersOf, workersOf } from '../harness/processes.ts';
import { useStage } from '../harness/stage.ts';

const RELOADS = 20;

describe('reloads under load', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    stage.write('class.yaml', ingressClass());
    stage.write(
      'web.yaml',
      service('web'),
      ...endpoints('web', [web]),
      ingress('a', { rules: { 'a.test': 'web' } }),
    );
    return { web, program: await stage.start({ flags: ['--sync-rate-limit=20'] }) };
  });

  async function reloadManyTimes(): Promise<void> {
    const { stage, program } = the();
    for (let change = 0; change < RELOADS; change++) {
      await program.reloadAfter(
        () => stage.write('new.yaml', ingress('new', { rules: { [`new-${change}.test`]: 'web' } })),
        30_000,
      );
    }
  }

  it(`loses none of 1,000 requests in flight while ${RELOADS} reloads happen`, async () => {
    const { program, web } = the();
    const failures: unknown[] = [];
    let answered = 0;
    let over = false;
    const client = async () => {
      while (!over) {
        try {
          const answer = await program.atOnce.http('a.test', `/?delay=${randomInt(1000, 2000)}`, {
            timeout: 60_000,
          });
          if (answer.echo().backend === 'web') answered += 1;
        } catch (error) {
          failures.push(error);
        }
      }
    };
    const clients = Array.from({ length: 1000 }, client);
    await eventually(() => expect(web.inFlight()).to.be.at.least(1000), 30_000);
    await reloadManyTimes();
    over = true;
    await Promise.all(clients);
    expect(failures.map(String)).to.deep.equal([]);
    expect(answered).to.be.above(1000);
    // Workers of all the generations before have gone with their last request.
    await eventually(() => {
      const master = program.master();
      expect(workersOf(master)).to.deep.equal(activeWorkersOf(master));
    }, 20_000);
  });

  it('fails no request on a fresh connection, for clients that keep connections', async () => {
    const { program } = the();
    const agent = new Agent({ keepAlive: true, maxSockets: 20 });
    const seen = new WeakSet<Socket>();
    const counts = { fresh: 0, reused: 0, failedFresh: 0, failedReused: 0 };
    let over = false;
    const client = async () => {
      while (!over) {
        const { reused, good } = await askOnce(program.ports.http, agent, seen);
        counts[reused ? 'reused' : 'fresh'] += 1;
        if (!good) counts[reused ? 'failedReused' : 'failedFresh'] += 1;
      }
    };
    const clients = Array.from({ length: 20 }, client);
    await reloadManyTimes();
    over = true;
    await Promise.all(clients);
    agent.destroy();
    expect(counts.failedFresh, JSON.stringify(counts)).to.equal(0);
    expect(counts.reused).to.be.above(counts.fresh);
    // nginx closes idle connections when a worker ends, and a request may cross with that: at most one for each of them.
    expect(counts.failedReused, JSON.stringify(counts)).to.be.below(counts.fresh);
  });
});

describe('endpoints that change under load', () => {
  const SERVICES = ['red', 'green', 'blue'] as const;
  const CHANGES = 60;

  const the = useStage(async (stage) => {
    const pools = new Map<string, readonly Backend[]>();
    stage.write('class.yaml', ingressClass());
    for (const name of SERVICES) {
      const names = [1, 2, 3].map((number) => `${name}-${number}`);
      const pool = await Promise.all(names.map((backend) => stage.backend(backend)));
      pools.set(name, pool);
      stage.write(`${name}.yaml`, service(name), ...endpoints(name, pool));
      stage.write(`${name}-site.yaml`, ingress(name, { rules: { [`${name}.test`]: name } }));
    }
    return { pools, program: await stage.start({ flags: ['--sync-rate-limit=20'] }) };
  });

  it('never send a request to a backend of another Service, and fail none', async () => {
    const { stage, program, pools } = the();
    const wrong: string[] = [];
    let answered = 0;
    let over = false;
    const client = async (_: unknown, index: number) => {
      const name = SERVICES[index % SERVICES.length] ?? '';
      while (!over) {
        const answer = await program.atOnce.http(`${name}.test`, '/').catch(String);
        const found = typeof answer === 'string' ? answer : `${answer.status} ${answer.text}`;
        if (found.startsWith('200 ') && found.includes(`"backend":"${name}-`)) answered += 1;
        else wrong.push(`${name}: ${found.slice(0, 200)}`);
      }
    };
    const clients = Array.from({ length: 12 }, client);
    for (let change = 0; change < CHANGES; change++) {
      const name = SERVICES[change % SERVICES.length] ?? '';
      const pool = pools.get(name) ?? [];
      const first = randomInt(pool.length);
      const chosen = Array.from(
        { length: randomInt(1, pool.length + 1) },
        (_, index) => pool[(first + index) % pool.length],
      );
      const before = answered;
      stage.write(
        `${name}.yaml`,
        service(name),
        ...endpoints(
          name,
          chosen.filter((backend) => backend !== undefined),
        ),
      );
      // Some changes of the configuration among those of endpoints.
      if (change % 10 === 0)
        stage.write('extra.yaml', ingress('extra', { rules: { [`extra-${change}.test`]: 'red' } }));
      await eventually(() => expect(answered + wrong.length).to.be.above(before + 20));
    }
    over = true;
    await Promise.all(clients);
    expect(wrong).to.deep.equal([]);
    expect(answered).to.be.above(CHANGES * 20);
  });

  it('are all used by the last state, and nothing else is', async () => {
    const { stage, program, pools } = the();
    const [only] = pools.get('red') ?? [];
    if (only === undefined) throw new Error('no backend');
    stage.write('red.yaml', service('red'), ...endpoints('red', [only]));
    await eventually(async () => {
      for (let request = 0; request < 20; request++) {
        expect((await program.http('red.test', '/')).echo().backend).to.equal(only.name);
      }
    });
  });
});

/** One GET; whether it went over a connection that had served before (as `seen` tells), and whether it was answered well. */
function askOnce(
  port: number,
  agent: Agent,
  seen: WeakSet<Socket>,
): Promise<{ readonly reused: boolean; readonly good: boolean }> {
  return new Promise((resolve) => {
    let reused = false;
    const end = (good: boolean) => resolve({ reused, good });
    const sent = request({ host: '127.0.0.1', port, path: '/', agent, headers: { host: 'a.test' } });
    sent.on('socket', (socket) => {
      reused = seen.has(socket);
      seen.add(socket);
    });
    sent.on('error', () => end(false));
    sent.on('response', (response) => {
      response.resume();
      response.on('error', () => end(false));
      response.on('end', () => end(response.statusCode === 200));
    });
    sent.end();
  });
}
