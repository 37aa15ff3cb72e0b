// Mocha's own reporter, which also adds the counts of the run to the file that TIDEGATE_TEST_COUNTS names.
const { appendFileSync } = require('node:fs');
const { reporters } = require('mocha');

class CountingReporter extends (process.env.CI === undefined ? reporters.Dot : reporters.Spec) {
  constructor(runner, options) {
    super(runner, options);
    runner.once('end', () => {
      const file = process.env.TIDEGATE_TEST_COUNTS;
      if (file === undefined) return;
      const { passes, failures, pending } = runner.stats;
      appendFileSync(file, `${passes} ${failures} ${pending}\n`);
    });
  }
}

module.exports = CountingReporter;
