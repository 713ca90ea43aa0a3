import { expect, test } from 'vitest';
import { runScript } from '../support/script.ts';

const start = () => runScript('soak', 'test/soak/soak.ts', '--seconds', '120', '--seed', '1');
const running = 'Consul, nginx, upsync and the backends run.';

test('an upsync that dies fails the soak, which says by which seed and after what, and leaves nothing behind', async () => {
  const soak = start();
  await soak.said(running);
  const [upsync = 0] = await soak.processes('src/main.ts');
  process.kill(upsync, 'SIGKILL');
  expect(await soak.end, soak.output()).toBe(1);
  expect(soak.output()).toMatch(
    /upsync ended by itself\n.*What was done before the first one:\n.* join b0 web-down/s,
  );
  expect(soak.output()).toContain('The same steps again: npm run soak -- --seed 1\n');
  expect(await soak.left()).toEqual([]);
});

test('Ctrl-C in the middle takes all away that the soak had started', async () => {
  const soak = start();
  await soak.said(running);
  expect(await soak.left()).not.toEqual([]);
  soak.child.kill('SIGINT');
  expect(await soak.end, soak.output()).toBe(130);
  expect(soak.output()).toMatch(/\nseed {8}1\n.*Stopped, and all that was started with it/s);
  expect(await soak.left()).toEqual([]);
});
