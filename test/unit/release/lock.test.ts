import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acquireLock } from '../../../src/release/lock.ts';

let output = '';

beforeEach(() => {
  output = mkdtempSync(join(tmpdir(), 'upsync-lock-'));
});
afterEach(() => rmSync(output, { recursive: true }));

test('a second holder is refused while there is a first, with what to do', async () => {
  await using _first = await acquireLock(output);
  await expect(acquireLock(output)).rejects.toThrow(/another upsync works on this folder; stop it/);
});

test('by whatever name the folder is called', async () => {
  await using _first = await acquireLock(output);
  const link = `${output}-link`;
  symlinkSync(output, link);
  try {
    await expect(acquireLock(link)).rejects.toThrow(/another upsync works on this folder/);
  } finally {
    rmSync(link);
  }
});

test('it is free again once it is released, and leaves no file', async () => {
  {
    await using _first = await acquireLock(output);
    expect(readdirSync(output)).toEqual(['upsync.sock']);
  }
  expect(readdirSync(output)).toEqual([]);
  await using _second = await acquireLock(output);
});

test('what a killed process left is taken over', async () => {
  const killed = createServer().listen(join(output, 'killed.sock'));
  await new Promise((resolve) => killed.once('listening', resolve));
  const { linkSync } = await import('node:fs');
  linkSync(join(output, 'killed.sock'), join(output, 'upsync.sock'));
  const left = statSync(join(output, 'upsync.sock')).ino;
  await new Promise((resolve) => killed.close(resolve));
  expect(statSync(join(output, 'upsync.sock')).ino).toBe(left);
  await using lock = await acquireLock(output);
  await expect(lock.assertHeld()).resolves.toBeUndefined();
});

test('of many at once, one gets it', async () => {
  const tries = await Promise.allSettled(Array.from({ length: 20 }, () => acquireLock(output)));
  const held = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  expect(held).toHaveLength(1);
  for (const lock of held) await lock[Symbol.asyncDispose]();
});

test('a holder whose folder was emptied takes it again', async () => {
  await using lock = await acquireLock(output);
  rmSync(join(output, 'upsync.sock'));
  await lock.assertHeld();
  await expect(acquireLock(output)).rejects.toThrow(/another upsync/);
});

test('a holder whose folder somebody else took meanwhile knows it', async () => {
  await using lock = await acquireLock(output);
  rmSync(join(output, 'upsync.sock'));
  await using _other = await acquireLock(output);
  await expect(lock.assertHeld()).rejects.toThrow(/another upsync/);
});

test('who connects is closed, until somebody wants to serve', async () => {
  await using lock = await acquireLock(output);
  const closed = createConnection(join(output, 'upsync.sock'));
  await once(closed, 'close');

  lock.onConnection((connection) => connection.end('served'));
  const ask = async () => text(createConnection(join(output, 'upsync.sock')));
  expect(await ask()).toBe('served');
  // Also where the folder had to be taken again.
  rmSync(join(output, 'upsync.sock'));
  await lock.assertHeld();
  expect(await ask()).toBe('served');
});

test('a client that is served does not keep the holder', async () => {
  const lock = await acquireLock(output);
  const served = new Promise((resolve) => lock.onConnection(resolve));
  const client = createConnection(join(output, 'upsync.sock'));
  const closed = once(client, 'close');
  await served;
  await lock[Symbol.asyncDispose]();
  await closed;
});

test('a client that stays connected does not keep the holder', async () => {
  const lock = await acquireLock(output);
  const client = createConnection(join(output, 'upsync.sock'));
  await once(client, 'connect');
  await lock[Symbol.asyncDispose]();
  client.destroy();
});
