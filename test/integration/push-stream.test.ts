import { expect, test } from 'vitest';
import { startConsul } from '../bed/consul.ts';
import { startNginx } from '../bed/nginx.ts';
import { luaBuild } from '../bed/nginx-lua.ts';
import { startBackend } from '../support/backend.ts';
import { reloads, rendered, tally } from '../support/gateway.ts';
import { startTcp, streamGateway, tallyTcp } from '../support/stream.ts';
import { startUpsync, writeConfig } from '../support/upsync.ts';

const load = luaBuild()?.load;

test.skipIf(load === undefined)(
  'by push servers of http come and go with no reload, and those of tcp with one, by a method that Lua lacks',
  async () => {
    await using consul = await startConsul();
    await using nginx = await startNginx(streamGateway({ main: load ?? '', workers: 1 }));
    await using web1 = await startBackend('web1');
    await using web2 = await startBackend('web2');
    await using db1 = await startTcp('db1');
    await using db2 = await startTcp('db2');
    await consul.register(web1.as('web'));
    await consul.register(db1.as('db'));
    const [, port = 0] = nginx.ports;
    const flags = await writeConfig(
      nginx,
      `upstreams: {web: , db: {protocol: tcp, balance: least_conn, listen: ${nginx.host}:${port}}}`,
    );
    await using upsync = startUpsync({ consul, nginx }, '--via', 'push', ...flags);
    await upsync.next('published');
    expect(await tallyTcp(nginx.host, port, 2)).toEqual({ 'db1 hello': 2 });
    const before = await reloads(nginx);

    await consul.register(web2.as('web'));
    expect(await upsync.next('published')).toMatchObject({ proof: { pushed: true } });
    expect(await tally(`${nginx.url}/web`, 4)).toEqual({ web1: 2, web2: 2 });
    expect(await reloads(nginx)).toBe(before);

    await consul.register(db2.as('db'));
    expect((await upsync.next('published')).proof).not.toHaveProperty('pushed');
    expect(await tallyTcp(nginx.host, port, 4)).toEqual({ 'db1 hello': 2, 'db2 hello': 2 });
    expect(await tally(`${nginx.url}/web`, 4)).toEqual({ web1: 2, web2: 2 });
    expect(await reloads(nginx)).toBe(before + 1);

    await consul.deregister('web-web1');
    expect(await upsync.next('published')).toMatchObject({ proof: { pushed: true } });
    expect(await tally(`${nginx.url}/web`, 4)).toEqual({ web2: 4 });
    expect(await reloads(nginx)).toBe(before + 1);

    expect(await rendered(nginx, '../../current/peers')).not.toContain('upstream db');
    expect(await rendered(nginx)).not.toContain('upstream db');
  },
);
