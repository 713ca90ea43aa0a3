import { execFile } from 'node:child_process';
import { rename, rm, symlink, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { termsOf } from '../../../src/config/terms.ts';
import { ProblemError } from '../../../src/pipeline/problem.ts';
import { complaintOf, folderWith, load } from './loading.ts';

const run = promisify(execFile);
const secret = '5f2c6b1e-7d3a-4e0f-9b8a-secret000001';

/** The token of the next request. */
async function tokenOf(given: Parameters<typeof load>[0]): Promise<string | undefined> {
  return (await load(given)).consul.token();
}

describe('the token', () => {
  test("is read from CONSUL_HTTP_TOKEN, and a file goes before it as with Consul's own clients", async () => {
    const cwd = await folderWith({ token: `${secret}\n` });
    const env = { CONSUL_HTTP_TOKEN: 'other' };
    expect(await tokenOf({ cwd, services: ['a'], env })).toBe('other');
    for (const more of [
      { env: { ...env, CONSUL_HTTP_TOKEN_FILE: 'token' } },
      { env: { ...env, UPSYNC_CONSUL_TOKEN_FILE: 'token' } },
      { env, flags: { '--consul-token-file': 'token' } },
      { env, yaml: 'consul: {token_file: token}' },
    ]) {
      expect(await tokenOf({ cwd, services: ['a'], ...more })).toBe(secret);
    }
  });

  test('is read anew by each load and each request, whether its file is written over, replaced or linked to another', async () => {
    const cwd = await folderWith({ token: 'one', other: 'four' });
    const given = { cwd, services: ['a'], flags: { '--consul-token-file': 'token' } };
    const { consul } = await load(given);
    expect(await consul.token()).toBe('one');
    await writeFile(`${cwd}/token`, 'two');
    expect(await consul.token()).toBe('two');
    expect(await tokenOf(given)).toBe('two');
    await writeFile(`${cwd}/next`, 'three');
    await rename(`${cwd}/next`, `${cwd}/token`);
    expect(await consul.token()).toBe('three');
    await symlink('other', `${cwd}/next`);
    await rename(`${cwd}/next`, `${cwd}/token`);
    expect(await consul.token()).toBe('four');
  });

  test('that a pipe gave is kept, since a pipe gives it once', async () => {
    const cwd = await folderWith({});
    await run('mkfifo', [`${cwd}/token`]);
    const loaded = load({ cwd, services: ['a'], flags: { '--consul-token-file': 'token' } });
    await writeFile(`${cwd}/token`, secret);
    const { consul } = await loaded;
    expect([await consul.token(), await consul.token()]).toEqual([secret, secret]);
  });

  test('whose file is no longer of use is refused by name of its key, and neither file nor token is named', async () => {
    const cwd = await folderWith({ token: secret });
    const { consul } = await load({ cwd, services: ['a'], flags: { '--consul-token-file': 'token' } });
    for (const [contents, what] of [
      ['', 'holds no token: it is empty'],
      [`${secret} x`, 'holds no token: spaces, line breaks or non-ASCII characters'],
    ] as const) {
      await writeFile(`${cwd}/token`, contents);
      await expect(consul.token()).rejects.toThrow(new ProblemError({ where: '--consul-token-file', what }));
    }
    await rm(`${cwd}/token`);
    const gone = new ProblemError({ where: '--consul-token-file', what: 'no such file' });
    await expect(consul.token()).rejects.toThrow(gone);
  });

  test('is not taken from an empty file', async () => {
    const cwd = await folderWith({ token: '\n' });
    expect(await complaintOf({ cwd, services: ['a'], yaml: 'consul: {token_file: token}' })).toBe(
      'upsync.yaml:1 consul.token_file: holds no token: it is empty',
    );
  });

  test('is not among what status may know, nor where it came from', async () => {
    const cwd = await folderWith({ [secret]: secret });
    for (const given of [
      { env: { CONSUL_HTTP_TOKEN: secret } },
      { flags: { '--consul-token-file': secret } },
    ]) {
      const terms = termsOf(await load({ cwd, services: ['a'], ...given }), 'reload');
      expect(terms.settings['consul.token']).toBe('given');
      expect(JSON.stringify(terms)).not.toContain(secret);
    }
    const terms = termsOf(await load({ services: ['a'] }), 'reload');
    expect(terms.settings).toMatchObject({
      'consul.token': 'none',
      'consul.max_stale': '600s',
      'wait.min': '100ms',
      'guard.max_drop': '50%',
      listen: '127.0.0.1:9465',
    });
  });

  test('never appears in an error, wherever it was put', async () => {
    const cwd = await folderWith({ two: `${secret}\n${secret}\n` });
    const wrong = [
      { services: ['a'], flags: { '--consul-token-file': secret } },
      { services: ['a'], flags: { '--consul-token-file': 'two' } },
      { services: ['a'], env: { CONSUL_HTTP_TOKEN: `${secret} x` } },
      { services: ['a'], env: { CONSUL_HTTP_TOKEN_FILE: secret } },
      { services: ['a'], env: { CONSUL_HTTP_ADDR: `user:${secret}@consul:8500` } },
      { services: ['a'], flags: { '--consul': `http://consul:8500/?token=${secret}` } },
      { yaml: `consul: {token: ${secret}}\nupstreams: {a: }` },
      { yaml: `consul: {datacenter: "${secret} "}\nupstreams: {a: }` },
      { yaml: `consul: {block: ${secret}}\nupstreams: {a: }` },
      { yaml: `consul:\n  token_file: "${secret}\n upstreams: {a: }` },
    ];
    for (const given of wrong) {
      const told = await complaintOf({ cwd, ...given });
      expect(told).not.toContain('secret');
      expect(told).not.toBe('');
    }
  });
});
