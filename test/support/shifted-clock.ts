import process from 'node:process';

/**
 * Loaded into upsync before all else (`node --import`): SIGUSR2 sets the clock on the wall an hour ahead,
 * SIGWINCH an hour back, as a person or NTP may do it, and a line of JSON says so. Timers and
 * `performance.now()` go on as they do in a kernel whose clock is set.
 */
const hour = 3_600_000;
const real = Date.now;
let shift = 0;

Date.now = () => real() + shift;
globalThis.Date = new Proxy(Date, {
  construct: (target, given, as) => Reflect.construct(target, given.length === 0 ? [Date.now()] : given, as),
});

for (const [name, by] of [
  ['SIGUSR2', hour],
  ['SIGWINCH', -hour],
] as const) {
  process.on(name, () => {
    shift += by;
    const msg = `now it is ${new Date().toISOString()}`;
    process.stdout.write(`${JSON.stringify({ level: 'info', event: 'shifted', msg })}\n`);
  });
}
