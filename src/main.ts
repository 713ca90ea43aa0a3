#!/usr/bin/env node
import process from 'node:process';

const stopping = new AbortController();
// A second one ends a run that does not end by itself. `once` would not do: while execa has a child, it
// ends the process by the signal where nobody else listens any more.
let again = (_: NodeJS.Signals): void => process.exit(1);
const ending: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];
for (const name of ending) {
  process.on(name, () => (stopping.signal.aborted ? again(name) : stopping.abort()));
}

// One that comes while the daemon still starts must not end it; whatever else runs is ended by it, as ever.
let isHungUp = false;
const hangUp = () => {
  isHungUp = true;
};
process.on('SIGHUP', hangUp);
function endedByHangUp<T>(command: T): T {
  process.off('SIGHUP', hangUp);
  if (isHungUp) process.kill(process.pid, 'SIGHUP');
  return command;
}

// Who read the log may have gone: that ends no gateway.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

// What is imported from here on needs it, and would say so less plainly.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 12)) {
  process.stderr.write(`upsync: this is Node ${process.versions.node}; upsync needs 24.12 or newer\n`);
  process.exit(1);
}
const { complaint } = await import('./cli/complaint.ts');
// Node would print all that hangs on an error as well: a request, and with it the token.
process.on('uncaughtException', (thrown) => {
  process.stderr.write(complaint(thrown, true));
  process.exit(1);
});
const { run } = await import('./cli/run.ts');

process.exitCode = await run(
  process.argv.slice(2),
  {
    stdout: process.stdout,
    stderr: process.stderr,
    env: { ...process.env },
    cwd: process.cwd(),
    signal: stopping.signal,
    onHangUp(listener) {
      process.on('SIGHUP', listener);
      process.off('SIGHUP', hangUp);
      if (isHungUp) listener();
    },
    onSignal(names, listener) {
      for (const name of names) {
        if (ending.includes(name)) again = listener;
        else process.on(name, () => listener(name));
      }
    },
  },
  {
    daemon: async (load, io) => (await import('./daemon.ts')).runDaemon(load, io),
    status: async (output, options, io) =>
      (await endedByHangUp(import('./cli/status.ts'))).runStatus(output, options, io),
    once: async (config, options, io) =>
      (await endedByHangUp(import('./cli/once.ts'))).runOnce(config, options, io),
    check: async (config, options, io) =>
      (await endedByHangUp(import('./check.ts'))).runCheck(config, options, io),
    register: async (config, options, io) =>
      (await endedByHangUp(import('./register.ts'))).runRegister(config, options, io),
    migrate: async (files, to, io) => (await endedByHangUp(import('./migrate.ts'))).runMigrate(files, to, io),
  },
);
// All is done: a reader that does not read must not keep the process.
setTimeout(() => process.exit(), 500).unref();
