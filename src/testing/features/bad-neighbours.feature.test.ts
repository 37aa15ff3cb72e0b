import { expect } from 'chai';
import { summaryOf } from '../harness/load.ts';
import { askedAllTheTime } from '../harness/neighbourhood.ts';
import { ingressClass } from '../harness/objects.ts';
import { pickyNginx, quarantineOf } from '../harness/picky-nginx.ts';
import { eventually, timed } from '../harness/poll.ts';
import { site } from '../harness/sites.ts';
import type { SiteSpec } from '../harness/sites.ts';
import { useStage } from '../harness/stage.ts';
import { badNeighbours } from './bad-neighbours.ts';

const GOOD = Array.from({ length: 100 }, (_, number) => `good-${number}`);
/** Requests of each kind of neighbours, at least. */
const LEAST = 5000;
const RATE = 300;
/** Bad ones that come at the same moment. */
const WAVE = 10;
/** Milliseconds until a new good one must serve, with much to spare for slow machines; 2 s is what users may expect. */
const SERVED = 20_000;
/** Of one test. */
const PATIENCE = 240_000;
const QUARANTINED = 'nginx_ingress_controller_quarantined';

describe('100 good Ingresses', () => {
  const the = useStage(async (stage) => {
    const web = await stage.backend('web');
    const writeGood = (name: string, more: Partial<SiteSpec> = {}) =>
      stage.write(`${name}.yaml`, ...site(name, { places: [web], created: '2026-01-01T00:00:00Z', ...more }));
    stage.write('class.yaml', ingressClass());
    for (const name of GOOD) writeGood(name);
    const program = await stage.start({
      // Every change takes a check and a reload.
      flags: ['--sync-rate-limit=20', '--live-routes=false'],
      env: { NGINX_BINARY: pickyNginx(stage.folder) },
    });
    return { program, writeGood };
  });
  /** Milliseconds until each new good one served. */
  const times: number[] = [];

  /** @throws when a request of a good one was not answered by its backend. */
  async function underLoad(action: () => Promise<void>): Promise<void> {
    const asked = await askedAllTheTime(
      the().program,
      {
        hosts: GOOD.map((name) => `${name}.test`),
        least: LEAST,
        rate: RATE,
        isGood: (text) => text.includes('"backend":"web"'),
      },
      action,
    );
    expect(summaryOf(asked.losses)).to.equal('');
    expect(asked.answered).to.equal(asked.sent).and.be.at.least(LEAST);
  }

  async function newOneServes(name: string): Promise<void> {
    const { program } = the();
    const took = await timed(async () => {
      const { status } = await program.http(`${name}.test`, '/');
      expect(status, `${name}; those before served after ${times.map(Math.round).join(' ')} ms`).to.equal(
        200,
      );
    }, SERVED);
    times.push(took);
  }

  it('lose no request to known mistakes of others, nor do new ones wait for these', async () => {
    const { stage, program, writeGood } = the();
    const bad = badNeighbours('good-1.test');
    const waves = Array.from({ length: Math.ceil(bad.length / WAVE) }, (_, number) =>
      bad.slice(number * WAVE, (number + 1) * WAVE),
    );
    await underLoad(async () => {
      for (const [number, wave] of waves.entries()) {
        for (const { name, objects } of wave) stage.write(`${name}.yaml`, ...objects);
        for (const { name } of waves[number - 1] ?? []) stage.remove(`${name}.yaml`);
        writeGood(`beside-${number}`);
        await newOneServes(`beside-${number}`);
      }
      for (const { name, objects } of bad) stage.write(`${name}.yaml`, ...objects);
      writeGood('beside-all');
      await newOneServes('beside-all');
      for (const { name } of bad) stage.remove(`${name}.yaml`);
      writeGood('after-all');
      await newOneServes('after-all');
    });
    const told = new Set(
      program
        .logLines()
        .flatMap((line) => /^[WE]\d{4}.* (?:ingress|service)="default\/([^"]+)"/.exec(line)?.[1] ?? []),
    );
    expect(bad.filter(({ name }) => told.has(name)).map(({ name }) => name)).to.deep.equal(
      bad.filter((neighbour) => neighbour.told).map(({ name }) => name),
    );
    expect(GOOD.filter((name) => told.has(name))).to.deep.equal([]);
  }).timeout(PATIENCE);

  it('lose no request to 100 others that nginx refuses, nor do new ones wait for these', async () => {
    const { stage, program, writeGood } = the();
    const from = program.logLines().length;
    const refused = Array.from({ length: 100 }, (_, number) => `refused-${number}`);
    const steps = Array.from({ length: 20 }, (_, step) => refused.slice(step * 5, step * 5 + 5));
    const isAccused = (name: string) => new RegExp(`"Object in quarantine" object="Ingress default/${name}"`);
    await underLoad(async () => {
      for (const [step, names] of steps.entries()) {
        for (const name of names) {
          // Of a few nginx does not say where the fault is.
          const word = step % 6 === 3 && name === names[0] ? 'venom' : 'poison';
          writeGood(name, { with: { 'upstream-vhost': `${word}.test` } });
        }
        for (const name of steps[step - 1] ?? []) stage.remove(`${name}.yaml`);
        if (step % 3 === 2) {
          writeGood(`next-${step}`);
          await newOneServes(`next-${step}`);
        }
        for (const name of names) await program.logged(isAccused(name), { from, deadline: SERVED });
      }
      for (const name of steps.at(-1) ?? []) stage.remove(`${name}.yaml`);
      await eventually(() => expect(quarantineOf(program)).to.deep.equal([]), SERVED);
    });
    expect(await program.metric(QUARANTINED)).to.equal(0);
    for (const name of refused)
      await eventually(
        async () => expect((await program.http(`${name}.test`, '/')).status).to.equal(404),
        SERVED,
      );
    const accused = program
      .logLines()
      .flatMap((line) => /"Object in quarantine" object="Ingress default\/([^"]+)"/.exec(line)?.[1] ?? []);
    expect(accused.toSorted()).to.deep.equal(refused.toSorted());
  }).timeout(PATIENCE);
});
