import { describe, expect, test } from 'vitest';
import { complaintOf, folderWith, load } from './loading.ts';

const secret = '5f2c6b1e-7d3a-4e0f-9b8a-secret000001';

describe('the token', () => {
  test("is read from CONSUL_HTTP_TOKEN, and a file goes before it as with Consul's own clients", async () => {
    const cwd = await folderWith({ token: `${secret}\n` });
    const env = { CONSUL_HTTP_TOKEN: 'other' };
    expect((await load({ cwd, services: ['a'], env })).consul.token).toBe('other');
    for (const more of [
      { env: { ...env, CONSUL_HTTP_TOKEN_FILE: 'token' } },
      { env: { ...env, UPSYNC_CONSUL_TOKEN_FILE: 'token' } },
      { env, flags: { '--consul-token-file': 'token' } },
      { env, yaml: 'consul: {token_file: token}' },
    ]) {
      expect((await load({ cwd, services: ['a'], ...more })).consul.token).toBe(secret);
    }
  });

  test('is read anew by each load', async () => {
    const cwd = await folderWith({ token: 'one' });
    const given = { cwd, services: ['a'], flags: { '--consul-token-file': 'token' } };
    expect((await load(given)).consul.token).toBe('one');
    const { writeFile } = await import('node:fs/promises');
    await writeFile(`${cwd}/token`, 'two');
    expect((await load(given)).consul.token).toBe('two');
  });

  test('is not taken from an empty file', async () => {
    const cwd = await folderWith({ token: '\n' });
    expect(await complaintOf({ cwd, services: ['a'], yaml: 'consul: {token_file: token}' })).toBe(
      'upsync.yaml:1 consul.token_file: holds no token: it is empty',
    );
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
