import { expect } from 'chai';
import { summaryOf } from '../harness/load.ts';
import { runLoss } from '../harness/loss.ts';
import type { LossOptions } from '../harness/loss.ts';
import { useStage } from '../harness/stage.ts';

/** `npm run bench:loss` does the same at full length. */
const OPTIONS: LossOptions = {
  requests: 6000,
  rate: 300,
  reloads: 10,
  endpointChanges: 12,
  certificateChanges: 5,
  websockets: 40,
};

describe('requests of all kinds', () => {
  const the = useStage(() => ({}));

  it('are not lost while configurations, endpoints and certificates change', async () => {
    const report = await runLoss(the().stage, OPTIONS);
    const { load } = report;
    expect(summaryOf(load.losses)).to.equal('');
    expect(load.answered).to.equal(OPTIONS.requests);
    expect(report.websocketLosses).to.deep.equal([]);
    expect(report.echoes).to.be.above(OPTIONS.websockets);
    // A slow machine makes one of several changes that come close together.
    expect(report.reloads).to.be.within(3, OPTIONS.reloads);
    expect(report.endpointChanges).to.equal(OPTIONS.endpointChanges);
    expect(report.certificateChanges).to.equal(OPTIONS.certificateChanges);
    // A connection that nginx closes while a request is on its way: a matter of chance, but of few.
    expect(load.repeated.length, summaryOf(load.repeated)).to.be.below(OPTIONS.requests / 20);
  }).timeout(120_000);
});
