// Runs steps of the test and check commands one after the other, on the Node of the project.
import { spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { bin, root } from './ensure.mjs';

/** Every step runs, so that one look shows all that is wrong; the result is whether all passed. */
export function runSteps(steps) {
  const failed = [];
  for (const [title, command, ...args] of steps) {
    const started = performance.now();
    console.log(`\n== ${title}`);
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
    const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env });
    console.log(
      `== ${title}: ${status === 0 ? 'good' : 'FAILED'} after ${((performance.now() - started) / 1000).toFixed(1)} s`,
    );
    if (status !== 0) failed.push(title);
    const list = process.env.TIDEGATE_TEST_FAILURES;
    if (status !== 0 && list !== undefined) appendFileSync(list, `  npm test: ${title}\n`);
  }
  if (failed.length > 0) console.log(`\nFailed: ${failed.join(', ')}`);
  return failed.length === 0;
}

export const checks = [
  ['types', 'tsc', '--noEmit'],
  ['lint', 'oxlint', '--deny-warnings'],
  ['format', 'oxfmt', '--check', '.'],
  ['unit tests', 'mocha', '--config', '.mocharc.unit.json'],
];

export const features = [['feature tests', 'mocha', '--config', '.mocharc.feature.json']];
