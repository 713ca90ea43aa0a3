import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { takenListen } from '../../../src/nginx/taken-listen.ts';

const never = new AbortController().signal;

/** A port that somebody listens on, at this address. */
async function takenAt(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}

/** What is said of a candidate of one file. */
function said(gateway: string | undefined, text: string, path = 'http/gateway.conf') {
  const folder = mkdtempSync(join(tmpdir(), 'upsync-taken-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, 'http.conf'), '');
  writeFileSync(join(folder, path), text);
  const view = { upstreams: [], routes: [], leftOut: [] };
  return takenListen({ folder, digest: 'a', structure: 'a', view, indexes: {} }, gateway, never);
}

const server = (listen: string) => `server { listen ${listen}; server_name a; }`;
const anywhere = [['PORT'], ['*:PORT'], ['0.0.0.0:PORT']] as const;

test.each(anywhere)('an address of the gateway that is taken is said: %s', async (form) => {
  const gateway = form.replace('PORT', String(await takenAt('0.0.0.0')));
  expect(await said(gateway, server(gateway))).toEqual({
    what: 'another process listens where nginx is to listen for the gateway, and nginx could not start',
    where: gateway,
    remedy: 'end that process, or give gateway.listen another place',
  });
});

test('it is said as well where a template of the user’s own listens there, in whatever way that is written', async () => {
  const port = await takenAt('0.0.0.0');
  const found = await said(String(port), server(`"*:${port}" ssl`), 'files/etc/nginx/conf.d/a.conf');
  expect(found).toMatchObject({ where: String(port) });
});

test('nothing is said where no file listens there, or nobody has it', async () => {
  const gateway = `127.0.0.1:${await takenAt('127.0.0.1')}`;
  expect(await said(gateway, `# listen ${gateway};\n${server('unix:/a')}`)).toBeUndefined();
  expect(await said(gateway, '}')).toBeUndefined();
  expect(await said(undefined, server(gateway))).toBeUndefined();
  expect(await said('127.0.0.3:1', server('127.0.0.3:1'))).toBeUndefined();
});
