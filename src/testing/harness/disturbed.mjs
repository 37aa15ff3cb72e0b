// For `node --import`: signals that bring about what befalls a controller. SIGUSR2 ends its threads, SIGWINCH keeps its event loop
// from everything for two and a half seconds.
import { isMainThread } from 'node:worker_threads';

const STILL = 2500;

if (isMainThread) {
  const threads = new Set();
  process.on('worker', (thread) => {
    threads.add(thread);
    thread.once('exit', () => threads.delete(thread));
  });
  process.on('SIGUSR2', () => {
    for (const thread of threads) void thread.terminate();
  });
  process.on('SIGWINCH', () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STILL);
  });
}
