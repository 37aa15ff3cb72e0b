/** Loaded into the program by a benchmark: on SIGUSR2 it tells the longest block of the event loop since the last time. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION = 5;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
// Not before the program is loaded: until then there is nothing that could wait.
setTimeout(() => delay.enable(), 0).unref();
process.on('SIGUSR2', () => {
  const block = Math.max(0, delay.max / 1e6 - RESOLUTION);
  delay.reset();
  process.stderr.write(`longest block ${block.toFixed(1)} ms\n`);
});
