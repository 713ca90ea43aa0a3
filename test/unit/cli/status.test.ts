import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Io, StatusOptions } from '../../../src/cli/io.ts';
import { runStatus } from '../../../src/cli/status.ts';
import { problemOf, sentence } from '../../../src/pipeline/problem.ts';
import { acquireLock, type Lock } from '../../../src/release/lock.ts';
import { type StatusService, statusService } from '../../../src/status/service.ts';
import { realClock } from '../../support/consul-follow.ts';
import { well } from '../status/told.ts';

let output = '';
let ended: AbortController;

beforeEach(() => {
  output = mkdtempSync(join(tmpdir(), 'upsync-status-'));
  ended = new AbortController();
});
afterEach(() => rmSync(output, { recursive: true }));

/** Somebody who works on the folder, with all well. */
async function working(folder = output): Promise<{ lock: Lock; service: StatusService }> {
  const service = statusService('1.2.3', realClock);
  for (const [, event] of well) service.note(event);
  const lock = await acquireLock(folder);
  lock.onConnection(service.take);
  return { lock, service };
}

interface Terminal extends Partial<Io['stdout']> {
  readonly env?: Io['env'];
  /** Called with each text that is written. */
  readonly onText?: (text: string) => void;
}

function run(options: Partial<StatusOptions> = {}, terminal: Terminal = {}, folder = output) {
  const { env = {}, onText, ...more } = terminal;
  let text = '';
  const stdout: Io['stdout'] = {
    fd: 1,
    write: (written) => {
      text += written;
      onText?.(written);
    },
    ...more,
  };
  const io: Io = {
    stdout,
    stderr: stdout,
    env,
    cwd: '/',
    signal: ended.signal,
    onHangUp: () => {},
    onSignal: () => {},
  };
  const given = { watch: false, json: false, ...options };
  return runStatus(folder, given, io).then((code) => ({ code, text }));
}

test('the status is shown as text, or as JSON as it was told', async () => {
  await using lock = (await working()).lock;
  const { code, text } = await run();
  expect(code).toBe(0);
  expect(text).toMatch(/^upsync 1\.2\.3, up .*\nnginx runs release a; 1 reload\n/);
  expect(text).toMatch(/^web1 +2 up +live +2 passing +\d+ ms ago$/m);
  const json = await run({ json: true });
  expect(JSON.parse(json.text)).toMatchObject({ version: '1.2.3', upstreams: { web1: { up: 2 } } });
  expect(json.text).toContain('\n  "version": "1.2.3",\n');
  await lock.assertHeld();
});

test('colours are decided as those of the log', async () => {
  await using _ = (await working()).lock;
  const isColoured = async (terminal: Terminal) => (await run({}, terminal)).text.includes('\u001b[32mready');
  expect(await isColoured({})).toBe(false);
  expect(await isColoured({ isTTY: true })).toBe(true);
  expect(await isColoured({ isTTY: true, env: { NO_COLOR: '1' } })).toBe(false);
  expect(await isColoured({ env: { FORCE_COLOR: '1' } })).toBe(true);
});

test('a folder whose path is longer than that of a socket may be is asked too', async () => {
  const deep = join(output, 'a'.repeat(120));
  mkdirSync(deep);
  await using _ = (await working(deep)).lock;
  expect((await run({}, {}, deep)).text).toContain('upsync 1.2.3');
});

describe('where nobody answers it says why', () => {
  const trouble = (folder = output) =>
    run({}, {}, folder).then(
      ({ text }) => text,
      (error) => sentence(problemOf(error)),
    );
  const start = 'start it, or name the folder that it works on with --output';

  test('no folder, a file, or nobody there', async () => {
    const missing = join(output, 'missing');
    expect(await trouble(missing)).toBe(`${missing}: no upsync works on this folder; ${start}`);
    const file = join(output, 'file');
    writeFileSync(file, '');
    expect(await trouble(file)).toBe(`${file}: this is no folder; ${start}`);
    expect(await trouble()).toBe(`${output}: no upsync works on this folder; ${start}`);
  });

  test('one that was killed', async () => {
    const killed = createServer().listen(join(output, 'killed.sock'));
    await new Promise((resolve) => killed.once('listening', resolve));
    const { linkSync } = await import('node:fs');
    linkSync(join(output, 'killed.sock'), join(output, 'upsync.sock'));
    await new Promise((resolve) => killed.close(resolve));
    expect(await trouble()).toBe(
      `${output}: no upsync works on this folder: the last one was killed; ${start}`,
    );
  });

  test('one that tells no status', async () => {
    await using _ = await acquireLock(output);
    expect(await trouble()).toMatch(
      /whoever works on this folder tells no status; it may be an upsync --once/,
    );
  });

  test('one of another version', async () => {
    await using lock = await acquireLock(output);
    lock.onConnection((connection) =>
      connection.end(
        'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{"version":"9"}',
      ),
    );
    expect(await trouble()).toMatch(
      /not understood: it is an upsync of another version; use the same version/,
    );
  });
});

describe('--watch', () => {
  test('draws again over what stood there, no more than fits, until it is stopped', async () => {
    await using _ = (await working()).lock;
    const frames: string[] = [];
    const { code } = await run(
      { watch: true },
      {
        isTTY: true,
        rows: 4,
        env: { NO_COLOR: '1' },
        onText: (text) => {
          frames.push(text);
          if (frames.length === 2) ended.abort();
        },
      },
    );
    expect(code).toBe(0);
    for (const frame of frames) {
      expect(frame.startsWith('\u001b[Hupsync 1.2.3')).toBe(true);
      expect(frame.match(/\[K\n/g)).toHaveLength(3);
      expect(frame.split('\n')).toHaveLength(4);
      expect(frame.endsWith('\u001b[J')).toBe(true);
    }
  });

  test('waits for one that is away, and is there when it comes', async () => {
    const texts: string[] = [];
    await using stack = new AsyncDisposableStack();
    await run(
      { watch: true },
      {
        onText: (text) => {
          texts.push(text);
          if (texts.length === 1) void working().then(({ lock }) => stack.use(lock));
          if (text.includes('upsync 1.2.3')) ended.abort();
        },
      },
    );
    expect(texts[0]).toMatch(/no upsync works on this folder/);
    expect(texts.at(-1)).toMatch(/^upsync 1\.2\.3/);
  });

  test('--json writes a line each time, of the trouble too', async () => {
    const lines: string[] = [];
    await using stack = new AsyncDisposableStack();
    await run(
      { watch: true, json: true },
      {
        onText: (text) => {
          lines.push(text);
          if (lines.length === 1) void working().then(({ lock }) => stack.use(lock));
          if (text.includes('1.2.3')) ended.abort();
        },
      },
    );
    expect(lines.every((line) => /^.+\n$/.test(line))).toBe(true);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ problem: { where: output } });
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ version: '1.2.3' });
  });
});
