// Mocha's own reporter, which also adds the counts of the run to the file that TIDEGATE_TEST_COUNTS names, what failed to the one that
// TIDEGATE_TEST_FAILURES names, and prints how long each file of the end-to-end tests took.
const { appendFileSync } = require('node:fs');
const { basename, dirname } = require('node:path');
const { reporters } = require('mocha');

class CountingReporter extends (process.env.CI === undefined ? reporters.Dot : reporters.Spec) {
  constructor(runner, options) {
    super(runner, options);
    const files = timeFiles(runner);
    noteFailures(runner, process.env.TIDEGATE_TEST_FAILURES);
    runner.once('end', () => {
      if (files.size > 0) console.log(table(files));
      const file = process.env.TIDEGATE_TEST_COUNTS;
      if (file === undefined) return;
      const { passes, failures, pending } = runner.stats;
      appendFileSync(file, `${passes} ${failures} ${pending}\n`);
    });
  }
}

/** A line for each, with what was wrong: the end of a long log is what is looked at first. */
function noteFailures(runner, file) {
  if (file === undefined) return;
  runner.on('fail', (test, error) => {
    const reason = String(error?.message ?? error)
      .replaceAll(/\s+/g, ' ')
      .slice(0, 600);
    appendFileSync(file, `  ${test.fullTitle()}: ${reason}\n`);
  });
}

/** Hooks count, too: most of the time goes there. */
function timeFiles(runner) {
  const files = new Map();
  const started = new Map();
  const ofFile = ({ file, parent }) =>
    parent?.root && file !== undefined && basename(dirname(file)) === 'e2e' ? basename(file) : null;
  runner.on('suite', (suite) => {
    if (ofFile(suite) !== null) started.set(suite, performance.now());
  });
  runner.on('suite end', (suite) => {
    const name = ofFile(suite);
    if (name === null) return;
    const before = files.get(name) ?? { seconds: 0, tests: 0, failed: 0 };
    let failed = 0;
    suite.eachTest((test) => (failed += test.isFailed() ? 1 : 0));
    files.set(name, {
      seconds: before.seconds + (performance.now() - started.get(suite)) / 1000,
      tests: before.tests + suite.total(),
      failed: before.failed + failed,
    });
  });
  return files;
}

function table(files) {
  const width = Math.max(...[...files.keys()].map((name) => name.length));
  const lines = [...files].map(([name, { seconds, tests, failed }]) => {
    const bad = failed === 0 ? '' : `, ${failed} failed`;
    return `  ${name.padEnd(width)} ${seconds.toFixed(1).padStart(6)} s  ${tests} tests${bad}`;
  });
  return `\n${lines.join('\n')}\n`;
}

module.exports = CountingReporter;
