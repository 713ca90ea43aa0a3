import { expect, test } from 'vitest';
import { startConsul } from '../bed/consul.ts';
import { startNginx } from '../bed/nginx.ts';
import { startBackend } from '../support/backend.ts';
import { gateway } from '../support/gateway.ts';
import { launch, outputOf, runUpsync, startUpsync } from '../support/upsync.ts';

test('a terminal beside upsync shows what it does, also where it listens nowhere, and goes on over a restart', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await using two = await startBackend('two');
  await consul.register(one.as('web1'));
  const place = { consul, nginx };
  await using first = startUpsync(place, '--service', 'web1');
  await first.next('published');

  const once = await runUpsync(place, 'status');
  expect(once).toMatchObject({ code: 0, stderr: '' });
  expect(once.stdout).toMatch(/^web1 +1 up +live +1 passing +.* ago$/m);
  expect(once.stdout).toMatch(new RegExp(`^[0-9a-f]{16} .* web1 \\+127\\.0\\.0\\.1:${one.port}$`, 'm'));
  const json = await runUpsync(place, 'status', '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({ ready: true, pid: first.pid });

  await using watching = launch('src/main.ts', ['status', '--output', outputOf(nginx), '--watch']);
  await expect.poll(watching.text, { timeout: 20_000 }).toMatch(/^web1 +1 up/m);
  await first.kill();
  await expect.poll(watching.text, { timeout: 20_000 }).toMatch(/the last one was killed/);
  await consul.register(two.as('web1'));
  await using second = startUpsync(place, '--service', 'web1');
  await second.next('published');
  await expect.poll(watching.text, { timeout: 20_000 }).toMatch(/^web1 +2 up/m);
  watching.signal('SIGINT');
  expect(await watching.ended).toEqual({ code: 0, signal: null });
});
