import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startConsul } from '../bed/consul.ts';
import { startNginx } from '../bed/nginx.ts';
import { startBackend } from '../support/backend.ts';
import { gateway } from '../support/gateway.ts';
import { listening, send, statusUrl } from '../support/status.ts';
import { startUpsync, type Upsync } from '../support/upsync.ts';

const env = { NODE_OPTIONS: `--import ${join(import.meta.dirname, '../support/list-loaded.ts')}` };

test('a daemon loads what makes metrics, text for people and registrations only when it is asked for them', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));

  await using quiet = startUpsync({ consul, nginx, env }, '--service', 'web1');
  await quiet.next('published');
  const loaded = await loadedBy(quiet);
  expect(loaded).toContain('consul');
  for (const unasked of ['prom-client', 'pino-pretty', 'dockerode', 'undici']) {
    expect(loaded).not.toContain(unasked);
  }

  // By the same look at one that is asked.
  await using asked = startUpsync({ consul, nginx, env }, '--service', 'web1', ...listening);
  await send(`${await statusUrl(asked)}metrics`);
  expect(await loadedBy(asked)).toContain('prom-client');
});

async function loadedBy(upsync: Upsync): Promise<string[]> {
  upsync.signal('SIGTERM');
  expect((await upsync.ended).code, upsync.text()).toBe(0);
  return /^loaded: (.*)$/m.exec(upsync.text())?.[1]?.split(' ') ?? [];
}
