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
}

/** The release under way when it is killed. */
const under = 'two\n';

async function killed(step: number, { before, first, next }: Scene) {
  const folder = await mkdtemp(join(tmpdir(), 'upsync-unit-killed-'));
  try {
    await layProgram(folder, before);
    if (first !== undefined) await runUnit(folder, first);
    const child = spawn(process.execPath, [driver, String(step), folder, under], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_COMPILE_CACHE: compiled },
    });
    const [[code, signal], said] = await Promise.all([once(child, 'exit'), text(child.stdout)]);
    const steps = said.trim().split('\n');
    if (step === 0) expect(code).toBe(0);
    else expect({ signal, count: steps.length }).toEqual({ signal: 'SIGKILL', count: step });

    await runUnit(folder, step === 0 ? under : next);
    const wanted = step === 0 ? under : next;
    const etc = join(folder, 'etc');
    // No leftovers beside the files, and both are of one release, which is what the program was told last.
    expect((await readdir(etc)).sort()).toEqual([...unitFiles]);
    for (const name of unitFiles) expect(await readFile(join(etc, name), 'utf8')).toBe(wanted);
    expect(await ran(folder)).toBe(wanted.repeat(unitFiles.length));
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
