import { expect } from 'chai';
import { eventually } from './fixture.ts';
import { createLoop, type Wanted } from './loop.ts';

function shown(wanted: Wanted): string {
  return wanted === 'all' ? 'all' : [...wanted].join(',');
}

describe('the loop of looks', () => {
  it('gathers what is wanted, and never looks twice at the same time', async () => {
    const looks: string[] = [];
    let busy = 0;
    const loop = createLoop(async (wanted) => {
      busy += 1;
      expect(busy).to.equal(1);
      looks.push(shown(wanted));
      if (looks.length === 2) {
        loop.want('c');
        loop.want('d');
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
      busy -= 1;
      return undefined;
    });
    loop.want('before');
    await loop.start();
    loop.want('a');
    loop.want('b');
    await eventually(() => looks.join(' '), 'all a,b c,d');
    loop.want('e');
    loop.want(undefined);
    loop.want('f');
    await eventually(() => looks.join(' '), 'all a,b c,d all');
    await loop.stop();
  });

  it('looks again when it is asked to', async () => {
    const looks: string[] = [];
    const loop = createLoop(async (wanted) => {
      looks.push(shown(wanted));
      return looks.length < 4 ? 5 : undefined;
    });
    await loop.start();
    await eventually(() => looks.join(' '), 'all all all all');
    await loop.stop();
  });

  it('stops during a look and stays so', async () => {
    let looks = 0;
    const loop = createLoop(async () => {
      looks += 1;
      await new Promise((resolve) => setTimeout(resolve, 5));
      return 1;
    });
    await loop.start();
    loop.want('a');
    await eventually(() => looks, 2);
    await loop.stop();
    loop.want('b');
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(looks).to.equal(2);
  });

  it('hands on the failure of the first look', async () => {
    const loop = createLoop(async () => Promise.reject(new Error('no')));
    expect(await loop.start().catch(String)).to.equal('Error: no');
    await loop.stop();
  });
});
