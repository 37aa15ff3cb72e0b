import { expect } from 'chai';
import { silentLogger } from '../lib/log.ts';
import { endPlane } from './data-plane.ts';
import type { PlaneParts } from './data-plane.ts';

describe('end of what talks to nginx', () => {
  const never = () => new Promise<never>(() => undefined);

  function parts(over: (done: string[]) => Partial<PlaneParts>) {
    const done: string[] = [];
    const part = (name: string) => async () => void done.push(name);
    const all: PlaneParts = {
      applier: { stop: part('work') },
      helper: { close: part('checks') },
      nginx: { stop: async (deadline) => void done.push(`nginx ${deadline}`) },
      control: { close: part('control') },
      log: { ...silentLogger, error: (message) => void done.push(message) },
      patience: 100,
    };
    return { done, all: { ...all, ...over(done) } };
  }

  it('waits for the work on a configuration', async () => {
    const { done, all } = parts(() => ({}));
    await endPlane(all, 240);
    expect(done).to.deep.equal(['work', 'checks', 'nginx 240', 'control']);
  });

  it('tells nginx to quit when a step of that work never ends', async () => {
    const { done, all } = parts(() => ({ applier: { stop: never } }));
    const started = performance.now();
    await endPlane(all, 240);
    expect(performance.now() - started).to.be.within(90, 5000);
    expect(done).to.deep.equal([
      'checks',
      'the work on a configuration does not end; nginx is ended all the same',
      'nginx 240',
      'control',
    ]);
  });

  it('ends checks before it waits for who waits for them', async () => {
    const gate = Promise.withResolvers<void>();
    const { done, all } = parts((order) => ({
      applier: { stop: () => gate.promise.then(() => void order.push('work')) },
      helper: { close: async () => gate.resolve() },
      patience: 60_000,
    }));
    await endPlane(all, 0);
    expect(done).to.deep.equal(['work', 'nginx 0', 'control']);
  });
});
