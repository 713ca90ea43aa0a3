import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { layProgram, ran, runUnit, unitFiles } from '../support/unit-run.ts';

const compiled = join(import.meta.dirname, '../../node_modules/.cache/upsync/compiled');
const driver = join(import.meta.dirname, '../support/killed-unit.ts');

interface Scene {
  /** What the files hold before upsync, if they are there. */
  readonly before: string | undefined;
  /** A release that is in place already. */
  readonly first: string | undefined;
  /** What the next start is to make of it. */
  readonly next: string;
  /** The files of the release under way, and of the next start. */
  readonly names?: readonly string[];
}

/** The release under way when it is killed. */
const under = 'two\n';

async function killed(step: number, { before, first, next, names = unitFiles }: Scene) {
  const folder = await mkdtemp(join(tmpdir(), 'upsync-unit-killed-'));
  try {
    await layProgram(folder, before);
    if (first !== undefined) await runUnit(folder, first);
    const child = spawn(process.execPath, [driver, String(step), folder, under, ...names], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_COMPILE_CACHE: compiled },
    });
    const [[code, signal], said] = await Promise.all([once(child, 'exit'), text(child.stdout)]);
    const steps = said.trim().split('\n');
    if (step === 0) expect(code).toBe(0);
    else expect({ signal, count: steps.length }).toEqual({ signal: 'SIGKILL', count: step });

    await runUnit(folder, step === 0 ? under : next, names);
    const wanted = step === 0 ? under : next;
    const etc = join(folder, 'etc');
    // No leftovers beside the files, and all are of one release, which is what the program was told last; what it has
    // not is as it was.
    const there = unitFiles.filter((name) => names.includes(name) || before !== undefined);
    const texts = there.map((name) => (names.includes(name) ? wanted : before));
    expect((await readdir(etc)).sort()).toEqual(there);
    expect(await Promise.all(there.map((name) => readFile(join(etc, name), 'utf8')))).toEqual(texts);
    expect(await ran(folder)).toBe(texts.join(''));
    const own = join(folder, 'out/units/x');
    expect(await readlink(join(own, 'current'))).toBe(await readlink(join(own, 'proven')));
    return steps;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function killedAtEach(scene: Scene): Promise<readonly string[]> {
  const steps = await killed(0, scene);
  const numbers = steps.map((_, index) => index + 1);
  const worker = async () => {
    for (let step = numbers.shift(); step !== undefined; step = numbers.shift())
      await killed(step, scene).catch((error) => {
        throw new Error(`killed at step ${step}, ${steps[step - 1]}`, { cause: error });
      });
  };
  // Each to its end, or one would go on behind a failure of the other.
  const faults = (await Promise.allSettled([worker(), worker()])).filter((end) => end.status === 'rejected');
  for (const { reason } of faults) throw reason;
  return steps;
}

const laying = [
  'write .a.cfg',
  'write .b.cfg',
  'rm applied',
  'symlink current',
  'rename current',
  'rename a.cfg',
  'rename b.cfg',
];

test.each([
  ['the first, over files of others', { before: 'zero\n', first: undefined, next: under }],
  ['the first, and there is nothing yet', { before: undefined, first: undefined, next: under }],
  ['a further one', { before: 'zero\n', first: 'one\n', next: under }],
  [
    'a further one, and by then the one before is wanted again',
    { before: 'zero\n', first: 'one\n', next: 'one\n' },
  ],
])(
  'upsync killed at any step of %s: the next start has the program and its files agree',
  async (_, scene) => {
    const steps = await killedAtEach(scene);
    expect(steps.join(', ')).toContain(laying.join(', '));
    expect(steps).toContain('reloaded');
  },
  120_000,
);

test.each([
  ['is there from before upsync', 'zero\n', 'rename b.cfg'],
  ['is ours alone', undefined, 'rm b.cfg'],
])(
  'upsync killed at any step of a release that leaves a destination, where what %s: the next start has it as it was',
  async (_, before, leave) => {
    const steps = await killedAtEach({ before, first: 'one\n', next: under, names: ['a.cfg'] });
    const order = ['rm applied', leave, 'symlink current', 'rename current', 'rename a.cfg'];
    expect(steps.filter((step) => order.includes(step)).slice(0, order.length)).toEqual(order);
    expect(steps).toContain('reloaded');
  },
  120_000,
);
