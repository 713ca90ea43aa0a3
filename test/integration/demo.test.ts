import { expect, test, vi } from 'vitest';
import type { Result } from '../../demo/measure.ts';
import { steps } from '../../demo/steps.ts';
import { Tally } from '../../demo/tally.ts';
import { broken } from '../../demo/verdict.ts';
import { wrap } from '../../demo/wrap.ts';
import { runScript } from '../support/script.ts';

const start = () => runScript('demo', 'demo/drill.ts');
const row = /^(.+?)\s{2,}(?:–|[\d,]+ ms)\s+([\d,]+ ms)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)$/;

test('the drill loses no request, shows a row for each step, and leaves nothing behind', async () => {
  const drill = start();
  expect(await drill.end, drill.output()).toBe(0);

  const table = drill.output().split('\n').flatMap(readRow);
  expect(table.map(({ name }) => name)).toEqual(steps.map(({ name }) => name));
  for (const { name, sent, reloads } of table) {
    expect(sent, name).toBeGreaterThan(50);
    expect(reloads, name).toBeGreaterThan(0);
  }
  expect(table.filter(({ name }) => name !== 'node 3 is killed').map(({ lost }) => lost)).toEqual(
    Array(steps.length - 1).fill(0),
  );
  expect(drill.output()).toMatch(/upsync │ .* web1 {2}\+ 127\.0\.0\.2:30002 \(node2\), now 2 up/);
  expect(await drill.left()).toEqual([]);
});

test('Ctrl-C in the middle takes all away that the drill had started', async () => {
  const drill = start();
  await drill.said('Node 2 joins');
  expect(await drill.left()).not.toEqual([]);
  drill.child.kill('SIGINT');
  expect(await drill.end, drill.output()).toBe(130);
  expect(drill.output()).toContain('Stopped');
  expect(await drill.left()).toEqual([]);
});

test('Ctrl-C while all still starts takes away what there is', async () => {
  const drill = start();
  await drill.said('The upsync drill');
  drill.child.kill('SIGINT');
  expect(await drill.end, drill.output()).toBe(130);
  expect(await drill.left()).toEqual([]);
});

test('an upsync that dies fails the drill, which says so', async () => {
  const drill = start();
  await drill.said('Node 1 serves');
  const [upsync = 0] = await drill.processes('src/main.ts');
  process.kill(upsync, 'SIGKILL');
  expect(await drill.end, drill.output()).toBe(1);
  expect(drill.output()).toContain('The drill failed: upsync ended with SIGKILL');
  expect(await drill.left()).toEqual([]);
});

test('a drill that is killed takes its processes along, and the next one its folder', async () => {
  const killed = start();
  await killed.said('Node 1 serves');
  killed.child.kill('SIGKILL');
  await killed.end;
  await vi.waitFor(async () => expect(await killed.processes('')).toEqual([]), 5_000);
  expect(await killed.left()).toHaveLength(1);

  const next = start();
  await next.said('Node 1 serves');
  next.child.kill('SIGINT');
  await next.end;
  expect([...(await killed.left()), ...(await next.left())]).toEqual([]);
});

test('a loss breaks the promise, unless it was under way on a node as that was killed', () => {
  const [kill] = steps.filter((step) => step.kills !== undefined);
  const [join] = steps.filter((step) => step.name === 'node 2 joins');
  if (kill === undefined || join === undefined) throw new Error('no such step');
  const at = (step: typeof kill, sentAt: number, tried: string): Result => {
    const tally = new Tally();
    tally.losses.push({ sentAt, why: 'status 502', tried });
    const change = { doneAt: 1000, joined: [], left: [] };
    return { step, change, noticed: undefined, live: 100, tally, reloads: 1 };
  };
  expect(broken([at(kill, 995, '127.0.0.3:30002')])).toEqual([]);
  expect(broken([at(kill, 1005, '127.0.0.3:30002')])).toHaveLength(1);
  expect(broken([at(kill, 995, '127.0.0.2:30002')])).toHaveLength(1);
  expect(broken([at(join, 995, '127.0.0.3:30002')])).toEqual([
    'node 2 joins: 1 lost (1 × status 502 after trying 127.0.0.3:30002)',
  ]);
});

test('a long line is broken between words, and one long word is not', () => {
  expect(wrap('web1  + 127.0.0.1:30002 (node1), now 1 up', 20)).toEqual([
    'web1  +',
    '127.0.0.1:30002',
    '(node1), now 1 up',
  ]);
  expect(wrap('live after (test 33 ms, reload 116 ms)', 16)).toEqual([
    'live after (test',
    '33 ms, reload',
    '116 ms)',
  ]);
  expect(wrap('', 20)).toEqual(['']);
});

test('colours take no room in a line, and go on in the next one', () => {
  expect(wrap('\x1b[32mINFO\x1b[39m: \x1b[36mnginx runs: release 1476d5c645ccae06\x1b[39m', 20)).toEqual([
    '\x1b[32mINFO\x1b[39m: \x1b[36mnginx runs:\x1b[39m',
    '\x1b[36mrelease\x1b[39m',
    '\x1b[36m1476d5c645ccae06\x1b[39m',
  ]);
});

interface Row {
  readonly name: string;
  readonly sent: number;
  readonly lost: number;
  readonly reloads: number;
}

function readRow(line: string): Row[] {
  const [, name = '', , sent, lost, , reloads] = row.exec(line) ?? [];
  return name === '' ? [] : [{ name, sent: Number(sent), lost: Number(lost), reloads: Number(reloads) }];
}
