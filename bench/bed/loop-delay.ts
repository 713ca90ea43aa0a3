import { monitorEventLoopDelay } from 'node:perf_hooks';

/**
 * Loaded into upsync before anything else: at SIGUSR2 it says in a line of the log for how long the event loop was held
 * at most since the last time, in ms.
 */
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();

process.on('SIGUSR2', () => {
  const most = delay.max / 1e6;
  delay.reset();
  process.stdout.write(`${JSON.stringify({ event: 'loopDelay', most })}\n`);
});
