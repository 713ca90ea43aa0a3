import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../bed/nginx-processes.ts';
import { startBackend } from '../support/backend.ts';
import { reloads } from '../support/gateway.ts';
import { canPush, type PushGateway, peersFile, startPush } from '../support/push.ts';
import { at, attempt, bodies, releaseByWorker } from '../support/push-requests.ts';

async function status(gateway: PushGateway): Promise<{ release: string | null; problem: string | null }> {
  return JSON.parse((await attempt(`${gateway.url}/status`)).body);
}

test.skipIf(!canPush)('every worker takes new servers with no reload, and says so', async () => {
  await using a = await startBackend('a');
  await using b = await startBackend('b');
  await using gateway = await startPush({ peers: { web: at(a), other: at(a) }, workers: 2 });
  expect(await bodies(gateway)).toEqual(['a']);
  const digest = await gateway.publish({ web: at(a, b), other: at(a) });
  const workers = await releaseByWorker(gateway, 2);
  expect([...workers.values()]).toEqual([digest, digest]);
  expect(await bodies(gateway)).toEqual(['a', 'b']);
  expect(await bodies(gateway, 4, 'other')).toEqual(['a']);
  const next = await gateway.publish({ web: at(b), other: at(a) });
  const same = await releaseByWorker(gateway, 2);
  expect([...same.values()]).toEqual([next, next]);
  expect(new Set(same.keys())).toEqual(new Set(workers.keys()));
  expect(await bodies(gateway)).toEqual(['b']);
  expect(await reloads(gateway)).toBe(0);
});

test.skipIf(!canPush)('a request alone makes its worker look', async () => {
  await using a = await startBackend('a');
  await using b = await startBackend('b');
  await using gateway = await startPush({ peers: { web: at(a) } });
  expect(await bodies(gateway)).toEqual(['a']);
  await gateway.publish({ web: at(b) });
  await until('b answers', async () => (await bodies(gateway, 1))[0] === 'b');
});

const broken: Record<string, (whole: string) => string | undefined> = {
  'an empty file': () => '',
  'no file': () => undefined,
  'half a file': (whole) => whole.slice(0, whole.length / 2),
  'nothing behind its head': (whole) => whole.slice(0, whole.indexOf('\n') + 1),
  'a file whose last line is cut': (whole) => whole.slice(0, -1),
  'a file whose end counts other servers': (whole) => whole.replace(/end \d+/, 'end 7'),
  'a file of another format': (whole) => whole.replace('upsync-peers 1', 'upsync-peers 2'),
  'a file of another structure': (whole) => whole.replace(/ 0+57aa\n/, ' 00000000000057ab\n'),
  'no server in an upstream': (whole) => whole.replace(/\n127\S+ .*/g, '').replace(/end \d+/, 'end 0'),
  'a server twice': (whole) => whole.replace(/\n(127\S+ .*)/, '\n$1\n$1').replace(/end \d+/, 'end 2'),
  'an upstream twice': (whole) =>
    whole.replace(/\n(upstream .*\n127\S+ .*)/, '\n$1\n$1').replace(/end \d+/, 'end 2'),
  'a name for an address': (whole) => whole.replace('127.0.0.1', 'localhost'),
  'a socket for an address': (whole) => whole.replace(/127\.0\.0\.1:\d+/, 'unix:/run/x.sock:1'),
  'an address out of bounds': (whole) => whole.replace('127.0.0.1', '127.0.0.256'),
  'a short address': (whole) => whole.replace('127.0.0.1', '127.1'),
  'a broken IPv6 address': (whole) => whole.replace('127.0.0.1', '[1::2::3]'),
  'a port out of bounds': (whole) => whole.replace(/1:\d+ /, '1:65536 '),
  'weight 0': (whole) => whole.replace(/ 1 1 10 up/, ' 0 1 10 up'),
  'a negative weight': (whole) => whole.replace(/ 1 1 10 up/, ' -1 1 10 up'),
  'a state that is none': (whole) => whole.replace(' up\n', ' sideways\n'),
  'a program': () => 'os.execute("touch /tmp/hostile")',
  'a program behind a good head': (whole) => whole.replace(/\nend/, '\n"]] os.exit(1) --[["\nend'),
  'a carriage return': (whole) => whole.replaceAll('\n', '\r\n'),
  zeros: (whole) => '\0'.repeat(whole.length),
};

test.skipIf(!canPush)('a peers file that is amiss changes nothing, and is told', async () => {
  await using a = await startBackend('a');
  await using b = await startBackend('b');
  await using gateway = await startPush({ peers: { web: at(a) } });
  const [first] = (await releaseByWorker(gateway, 1)).values();
  for (const [what, spoil] of Object.entries(broken)) {
    await gateway.publishRaw(spoil(peersFile({ web: at(b) }, 'badbadbadbadbad1')));
    const { release, problem } = await status(gateway);
    expect([release, problem], what).toEqual([first, expect.stringContaining('upsync/releases/')]);
    expect(await bodies(gateway, 3), what).toEqual(['a']);
  }
  // All those were refused for what they are: the unspoiled one is taken.
  await gateway.publishRaw(peersFile({ web: at(b) }, '600d600d600d600d'));
  expect(await status(gateway)).toMatchObject({ release: '600d600d600d600d', problem: null });
  expect(await bodies(gateway, 3)).toEqual(['b']);
  const said = (await gateway.errorLog()).match(/\[(error|notice)\].*upsync: peers not taken: .*/g) ?? [];
  expect(said).toHaveLength(Object.keys(broken).length);
  expect(await gateway.errorLog()).not.toMatch(/exited on signal|lua entry thread aborted/);
});

test.skipIf(!canPush)('what is amiss in the second upstream leaves the first one alone too', async () => {
  await using a = await startBackend('a');
  await using b = await startBackend('b');
  await using gateway = await startPush({ peers: { web: at(a), zoo: at(a) } });
  expect(await bodies(gateway, 3)).toEqual(['a']);
  const whole = peersFile({ web: at(b), zoo: at(b) }, 'badbadbadbadbad1');
  await gateway.publishRaw(whole.replace(/(upstream zoo\n127\S+) 1/, '$1 x'));
  expect((await status(gateway)).problem).toContain('line 5 is no server');
  expect(await bodies(gateway, 3)).toEqual(['a']);
});

test.skipIf(!canPush)('a file that could not be read is read once it can be', async () => {
  await using a = await startBackend('a');
  await using b = await startBackend('b');
  await using gateway = await startPush({ peers: { web: at(a) } });
  const digest = await gateway.publishRaw(undefined);
  expect((await status(gateway)).problem).toContain('No such file');
  await writeFile(join(gateway.output, 'releases', digest, 'peers'), peersFile({ web: at(b) }, digest));
  await until('b answers', async () => (await bodies(gateway, 1))[0] === 'b');
});

test.skipIf(!canPush)('a pointer that is gone or leads nowhere changes nothing', async () => {
  await using a = await startBackend('a');
  await using b = await startBackend('b');
  await using gateway = await startPush({ peers: { web: at(a) } });
  const [first = ''] = (await releaseByWorker(gateway, 1)).values();
  await gateway.pointAt(`releases/${first}`, 'proven');
  const second = await gateway.publish({ web: at(b) });
  expect(await status(gateway)).toMatchObject({ release: second, problem: null });
  await gateway.pointAt('releases/nowhere');
  // Nor are those that were proven taken, which are older than its own.
  expect(await status(gateway)).toMatchObject({
    release: second,
    problem: expect.stringContaining('releases/nowhere'),
  });
  expect(await bodies(gateway, 3)).toEqual(['b']);
  const digest = await gateway.publish({ web: at(a) });
  expect(await status(gateway)).toMatchObject({ release: digest, problem: null });
  expect(await bodies(gateway, 3)).toEqual(['a']);
});

test.skipIf(!canPush)(
  'an nginx that starts anew, is reloaded or loses a worker serves the newest servers',
  async () => {
    await using a = await startBackend('a');
    await using b = await startBackend('b');
    await using gateway = await startPush({ peers: { web: at(a) } });
    expect(await bodies(gateway, 3)).toEqual(['a']);
    await gateway.publish({ web: at(b) });
    await gateway.restart();
    expect(await bodies(gateway, 3)).toEqual(['b']);

    await gateway.publish({ web: at(a) });
    const [old] = (await releaseByWorker(gateway, 1)).keys();
    await gateway.reload();
    await until('a new worker answers', async () => !(await releaseByWorker(gateway, 1)).has(old ?? 0));
    expect(await bodies(gateway, 3)).toEqual(['a']);

    const digest = await gateway.publish({ web: at(b) });
    const [victim = 0] = (await releaseByWorker(gateway, 1)).keys();
    process.kill(victim, 'SIGSEGV');
    await until('another worker answers', async () => {
      const answer = await attempt(`${gateway.url}/release`).catch(() => undefined);
      return answer !== undefined && !answer.body.startsWith(`${victim} `);
    });
    expect([...(await releaseByWorker(gateway, 1)).values()]).toEqual([digest]);
    expect(await bodies(gateway, 3)).toEqual(['b']);
  },
);

test.skipIf(!canPush)(
  'an nginx that starts with a broken release serves the last that was proven, or the copy of its peers',
  async () => {
    await using a = await startBackend('a');
    await using b = await startBackend('b');
    await using gateway = await startPush({ peers: { web: at(a) } });
    const [first = ''] = (await releaseByWorker(gateway, 1)).values();
    await gateway.pointAt(`releases/${first}`, 'proven');
    for (const contents of [
      undefined,
      'upsync-peers',
      peersFile({ web: at(b) }, 'b'.repeat(16), 'c'.repeat(16)),
    ]) {
      await gateway.publishRaw(contents);
      await gateway.restart();
      expect(await bodies(gateway, 3)).toEqual(['a']);
      expect(await status(gateway)).toMatchObject({ release: first, problem: expect.any(String) });
    }
    // That one is broken too, but for the copy of its peers.
    await mkdir(join(gateway.output, 'spare'));
    await writeFile(join(gateway.output, 'spare/peers'), peersFile({ web: at(b) }, 'c'.repeat(16)));
    for (const contents of ['', peersFile({ web: at(a) }, first, 'c'.repeat(16))]) {
      await writeFile(join(gateway.output, 'proven/peers'), contents);
      await gateway.restart();
      expect(await bodies(gateway, 3)).toEqual(['b']);
      expect(await status(gateway)).toMatchObject({ release: 'c'.repeat(16), problem: expect.any(String) });
    }
    const digest = await gateway.publish({ web: at(a) });
    expect(await status(gateway)).toMatchObject({ release: digest, problem: null });
    expect(await bodies(gateway, 3)).toEqual(['a']);
  },
);

test.skipIf(!canPush)(
  'with nothing to read since it was started, the upstream’s stand-in serves',
  async () => {
    await using a = await startBackend('a');
    await using gateway = await startPush({ peers: { web: at(a) }, contents: 'nothing' });
    expect(await bodies(gateway, 2)).toEqual(['502']);
    await gateway.publish({ web: at(a) });
    await until('a answers', async () => (await bodies(gateway, 1))[0] === 'a');
  },
);
