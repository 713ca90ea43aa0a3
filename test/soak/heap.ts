import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Loaded into upsync before anything else: at SIGUSR2 it collects the garbage, and says in a line of the log how much
 * is left. What the process holds beyond that says more about the machine's other work than about upsync.
 */
setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

process.on('SIGUSR2', () => {
  collect();
  const { heapUsed } = process.memoryUsage();
  const time = new Date().toISOString();
  process.stdout.write(`${JSON.stringify({ level: 'debug', event: 'heap', msg: '', time, heapUsed })}\n`);
});
