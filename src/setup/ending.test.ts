import { expect } from 'chai';
import { silentLogger } from '../lib/log.ts';
import type { LogFields } from '../lib/log.ts';
import { endInOrder } from './ending.ts';

describe('endings in order', () => {
  const never = () => new Promise<never>(() => undefined);
  function record() {
    const done: string[] = [];
    const told: string[] = [];
    return {
      done,
      told,
      part: (name: string) => ({ name, end: async () => void done.push(name) }),
      log: {
        ...silentLogger,
        error: (message: string, fields: LogFields = {}) =>
          void told.push(`${message}: ${String(fields['part'])}`),
      },
    };
  }

  it('go on beyond what never ends, and wait less from then on', async () => {
    const { done, told, part, log } = record();
    const started = performance.now();
    const stuck = ['two', 'three'].map((name) => ({ name, end: never }));
    await endInOrder([part('one'), ...stuck, part('four')], log, 300);
    expect(performance.now() - started).to.be.within(550, 5000);
    expect(done).to.deep.equal(['one', 'four']);
    expect(told).to.deep.equal(
      ['two', 'three'].map((name) => `a part of the controller does not end; it is left behind: ${name}`),
    );
  });

  it('let a part wait for longer that has its own limits, one at a time', async () => {
    const { done, told, part, log } = record();
    const slow = {
      name: 'slow',
      limits: 'its own',
      end: async () => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        done.push('slow');
      },
    } as const;
    await endInOrder([slow, part('after')], log, 20);
    expect({ done, told }).to.deep.equal({ done: ['slow', 'after'], told: [] });
  });

  it('go on beyond what fails, tell it, and reject with the first reason', async () => {
    const { done, told, part, log } = record();
    const fails = (name: string) => ({ name, end: () => Promise.reject(new Error(name)) });
    const result = await endInOrder([fails('first'), fails('second'), part('third')], log).catch(String);
    expect(result).to.equal('Error: first');
    expect(done).to.deep.equal(['third']);
    expect(told).to.have.length(2);
  });

  it('know parts that were never made', async () => {
    await endInOrder([{ name: 'events', end: () => undefined }], silentLogger);
  });
});
