/** Endpoints move between backends while requests run: none ever reaches an address that is not one of its backend's. */
import { expect } from 'chai';
import { Agent } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import type { Backend } from '../harness/backend.ts';
import { requestHttp } from '../harness/client.ts';
import { endpoints, ingress, ingressClass, service } from '../harness/objects.ts';
import { eventually } from '../harness/poll.ts';
import { useStage } from '../harness/stage.ts';

const SERVICES = ['a', 'b', 'c'] as const;
const PLACES = 6;
const CLIENTS = 4;
/** Answers that must have been looked at. */
const ENOUGH = 1000;

interface Listed {
  readonly name: string;
  readonly endpoints: readonly { readonly port: string }[];
}

/** For each place the Service that it belongs to, or null. */
type Assignment = readonly (string | null)[];

/** When an assignment may be in force: from its writing until the workers have all of the next one. */
interface Era {
  readonly assignment: Assignment;
  readonly from: number;
  until: number;
}

describe('endpoints that move between backends', () => {
  const the = useStage(async (stage) => {
    const places: Backend[] = [];
    for (let index = 0; index < PLACES; index++) places.push(await stage.backend(String(index)));
    stage.write('class.yaml', ingressClass());
    for (const name of SERVICES)
      stage.write(`${name}.yaml`, service(name), ingress(name, { rules: { [`${name}.test`]: name } }));
    return { places, program: await stage.start({ flags: ['--sync-rate-limit=20'] }) };
  });

  function put(assignment: Assignment): void {
    const { stage, places } = the();
    const slices = SERVICES.flatMap((name) =>
      endpoints(
        name,
        places.filter((_, index) => assignment[index] === name),
      ),
    );
    // One file, so that all Services change in one step.
    stage.write('slices.yaml', ...slices);
  }

  /** The workers have it. @throws while they have not. */
  async function inForce(assignment: Assignment): Promise<void> {
    const { program, places } = the();
    const place = { port: program.ports.status, host: 'localhost', path: '/configuration/backends' };
    // What nginx/lua/tidegate/live.lua writes.
    const list = JSON.parse((await requestHttp(place)).text) as readonly Listed[];
    for (const name of SERVICES) {
      const wanted = places.filter((_, index) => assignment[index] === name).map(({ port }) => String(port));
      const found = list.find((backend) => backend.name === `default-${name}-80`);
      expect((found?.endpoints ?? []).map(({ port }) => port).toSorted()).to.deep.equal(wanted.toSorted());
    }
  }

  it('answer only for the backend that they belong to', async () => {
    const { program } = the();
    const eras: Era[] = [];
    const faults: string[] = [];
    const counts = { answered: 0, empty: 0 };
    let over = false;

    async function client(name: string): Promise<void> {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      while (!over) {
        const start = performance.now();
        const answer = await program.atOnce.http(`${name}.test`, '/', { agent });
        const end = performance.now();
        if (answer.status === 503) {
          counts.empty++;
          continue;
        }
        const place = Number(answer.echo().backend);
        counts.answered++;
        const allowed = eras.some(
          ({ assignment, from, until }) => from <= end && start <= until && assignment[place] === name,
        );
        if (!allowed) faults.push(`${name} reached ${place} at ${start}`);
      }
      agent.destroy();
    }

    async function move(assignment: Assignment): Promise<void> {
      const era: Era = { assignment, from: performance.now(), until: Number.POSITIVE_INFINITY };
      const last = eras.at(-1);
      eras.push(era);
      put(assignment);
      await eventually(() => inForce(assignment));
      if (last !== undefined) last.until = performance.now();
      await setTimeout(20);
    }

    const seed = Date.now();
    const steps = fc.sample(
      fc.array(fc.constantFrom(...SERVICES, null), { minLength: PLACES, maxLength: PLACES }),
      { numRuns: 40, seed },
    );
    await move(steps[0] ?? []);
    const clients = SERVICES.flatMap((name) => Array.from({ length: CLIENTS }, () => client(name)));
    try {
      for (const step of steps) await move(step);
      // On slow machines it takes more of them to see enough.
      for (let more = 0; counts.answered <= ENOUGH; more++) await move(steps[more % steps.length] ?? []);
    } finally {
      over = true;
      await Promise.all(clients);
    }
    expect(faults, `seed ${seed}`).to.deep.equal([]);
    expect(counts.answered).to.be.greaterThan(ENOUGH);
  });
});
