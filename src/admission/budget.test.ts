import { expect } from 'chai';
import { createBudget } from './budget.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('budget', () => {
  it('gives what there is at once', async () => {
    const budget = createBudget({ bytes: 10, patience: 1000 });
    const lease = budget.open();
    expect(await lease.take(4)).to.equal(true);
    expect(await lease.take(6)).to.equal(true);
    expect(budget.held()).to.equal(10);
    lease.release();
    expect(budget.held()).to.equal(0);
  });

  it('lets others wait until there is room, in order', async () => {
    const budget = createBudget({ bytes: 10, patience: 1000 });
    const [first, second, third] = [budget.open(), budget.open(), budget.open()];
    await first.take(8);
    const order: string[] = [];
    const waiting = [
      second.take(5).then((granted) => order.push(`second ${granted}`)),
      // There would be room for this one.
      third.take(1).then((granted) => order.push(`third ${granted}`)),
    ];
    await settled();
    expect(order).to.deep.equal([]);
    first.release();
    await Promise.all(waiting);
    expect(order).to.deep.equal(['second true', 'third true']);
    expect(budget.held()).to.equal(6);
  });

  it('gives up after a while, and lets the next one try', async () => {
    const budget = createBudget({ bytes: 10, patience: 30 });
    const [first, second, third] = [budget.open(), budget.open(), budget.open()];
    await first.take(8);
    const started = performance.now();
    const large = second.take(5);
    const small = third.take(2);
    expect(await large).to.equal(false);
    expect(performance.now() - started).to.be.within(25, 500);
    expect(await small).to.be.a('boolean');
    second.release();
    third.release();
    first.release();
    expect(budget.held()).to.equal(0);
  });

  it('never holds more than its limit, and ends with nothing', async () => {
    const budget = createBudget({ bytes: 100, patience: 500 });
    let most = 0;
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const lease = budget.open();
        for (let part = 0; part < 4; part++) {
          if (!(await lease.take(1 + ((index * 7 + part) % 20)))) break;
          most = Math.max(most, budget.held());
          await settled();
        }
        lease.release();
      }),
    );
    expect(most).to.be.within(1, 100);
    expect(budget.held()).to.equal(0);
  });
});
