import { expect } from 'chai';
import { createRates } from './rates.ts';

function open() {
  const state = { now: 0, hosts: {} as Record<string, number> };
  const rates = createRates(
    () => {
      const hosts = new Map(Object.entries(state.hosts));
      return { all: [...hosts.values()].reduce((sum, value) => sum + value, 0), hosts };
    },
    () => state.now,
  );
  return { state, rates };
}

describe('rates of requests', () => {
  it('come from two looks', () => {
    const { state, rates } = open();
    state.hosts = { a: 10, b: 5 };
    expect(rates()).to.equal(null);
    state.now = 2000;
    state.hosts = { a: 30, b: 6, c: 1, idle: 0 };
    expect(rates()).to.deep.equal({
      seconds: 2,
      all: 11,
      hosts: [
        ['a', 10],
        ['b', 0.5],
        ['c', 0.5],
      ],
    });
  });

  it('are the same for all who ask at about the same time', () => {
    const { state, rates } = open();
    rates();
    state.now = 500;
    state.hosts = { a: 1 };
    expect(rates()).to.equal(null);
    state.now = 2000;
    const first = rates();
    state.now = 2100;
    state.hosts = { a: 100 };
    expect(rates()).to.deep.equal(first);
    expect(first?.all).to.equal(0.5);
  });

  it('are never below zero when counters leave, and few', () => {
    const { state, rates } = open();
    state.hosts = { gone: 1000 };
    rates();
    state.now = 2000;
    state.hosts = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`h${index}`, 2 * index]));
    const found = rates();
    expect(found?.hosts).to.have.length(10);
    expect(found?.hosts[0]).to.deep.equal(['h49', 49]);
    expect(found?.all).to.be.at.least(0);
  });
});
