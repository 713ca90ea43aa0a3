import { chmod, mkdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { startConsul } from '../bed/consul.ts';
import { startNginx } from '../bed/nginx.ts';
import { luaBuild } from '../bed/nginx-lua.ts';
import { startBackend } from '../support/backend.ts';
import { isRoot } from '../support/disk.ts';
import { gateway, reloads, steadily, tally } from '../support/gateway.ts';
import { outputOf, startUpsync } from '../support/upsync.ts';

const load = luaBuild()?.load;
const service = ['--service', 'web1', '--nginx-proof-timeout', '1s'];
const push = [...service, '--via', 'push'];

/** Beside an nginx that is reloaded for its first server. `http` stands in its http block. */
async function reloaded(http = '') {
  await using starting = new AsyncDisposableStack();
  const consul = starting.use(await startConsul());
  const nginx = starting.use(await startNginx(gateway({ main: load ?? '', http })));
  const one = starting.use(await startBackend('one'));
  const two = starting.use(await startBackend('two'));
  await consul.register(one.as('web1'));
  await mkdir(outputOf(nginx), { mode: 0o755 });
  const upsync = startUpsync({ consul, nginx }, ...service, '--via', 'reload');
  await upsync.next('published');
  await upsync.kill();
  const owned = starting.move();
  return { consul, nginx, two, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

test.skipIf(load === undefined || !isRoot)(
  'a folder that is closed to workers costs nobody a request, and with auto there are reloads until it is open',
  async () => {
    await using bed = await reloaded();
    const { consul, nginx, two } = bed;
    await chmod(outputOf(nginx), 0o700);
    const before = await reloads(nginx);
    const client = steadily(`${nginx.url}/web1`, 5);
    {
      await using upsync = startUpsync({ consul, nginx }, ...push);
      await upsync.next('rejected');
      expect(await reloads(nginx)).toBe(before);
    }
    await using upsync = startUpsync({ consul, nginx }, ...service, '--via', 'auto');
    expect(await upsync.next('started')).toMatchObject({
      msg: expect.stringMatching(/reloads nginx: .* may not search this/),
    });
    await consul.register(two.as('web1'));
    await upsync.next('published');
    expect(Object.keys(await client.stop()).filter((answer) => !/^(one|two)$/.test(answer))).toEqual([]);
    expect(await tally(`${nginx.url}/web1`, 4)).toEqual({ one: 2, two: 2 });
  },
);

test.skipIf(load === undefined)(
  'a release whose workers fail at their balancer gives way to the one before by a reload',
  async () => {
    // The trial has Lua as it comes, and not what the user does to it.
    const broken = 'init_by_lua_block { package.preload["ngx.balancer"] = function() error("broken") end }';
    await using bed = await reloaded(broken);
    const { consul, nginx } = bed;
    await using upsync = startUpsync({ consul, nginx }, ...push);
    await upsync.next('rolledBack');
    expect(await tally(`${nginx.url}/web1`, 3)).toEqual({ one: 3 });
  },
);
