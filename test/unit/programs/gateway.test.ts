import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { UnitPlan } from '../../../src/pipeline/unit.ts';
import { createProgram } from '../../../src/programs/gateway.ts';
import { release } from '../pipeline/fakes.ts';

const never = new AbortController().signal;
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'upsync-program-'));
  mkdirSync(join(folder, 'files/etc'), { recursive: true });
  writeFileSync(join(folder, 'files/etc/a.cfg'), 'a');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What is known of the program, and in what order it came to be. */
function ledger(digest?: string) {
  const done: string[] = [];
  let known = digest;
  return {
    done,
    read: async () => known,
    async forget() {
      done.push('forget');
      known = undefined;
    },
    async note(fresh: string) {
      done.push(`note ${fresh}`);
      known = fresh;
    },
  };
}

const unit = (given: Partial<UnitPlan>): UnitPlan => ({
  name: 'x',
  files: [{ path: '/etc/a.cfg' }, { path: '/etc/b.cfg' }],
  test: undefined,
  reload: undefined,
  timeout: 5_000,
  ...given,
});
const staged = () => ({ ...release('d1'), folder });

test('the test gets the first file as {file} and the folder of all as {dir}, within an argument too', async () => {
  const out = join(folder, 'args');
  const show = [
    '/bin/sh',
    '-c',
    `printf '%s\\n' "$@" > ${out}`,
    'sh',
    '{file}',
    '--in={dir}/etc',
    '{file}{file}',
    '{}',
  ];
  expect(await createProgram(unit({ test: show }), ledger()).test(staged(), never)).toEqual({
    kind: 'accepted',
    warnings: [],
  });
  const file = `${folder}/files/etc/a.cfg`;
  expect(readFileSync(out, 'utf8').trim().split('\n')).toEqual([
    file,
    `--in=${folder}/files/etc`,
    `${file}${file}`,
    '{}',
  ]);
});

test('a refusal speaks of the files by their destinations', async () => {
  const refuse = ['/bin/sh', '-c', 'echo "$0:3: nonsense"; exit 1', '{file}'];
  expect(await createProgram(unit({ test: refuse }), ledger()).test(staged(), never)).toEqual({
    kind: 'refused',
    problems: [{ what: '/bin/sh ended with 1: /etc/a.cfg:3: nonsense', where: 'units.x.test' }],
  });
});

test('no files are refused, with a test and without: nothing is better than what there is', async () => {
  rmSync(join(folder, 'files'), { recursive: true });
  for (const test of [undefined, ['true', '{file}']])
    expect(await createProgram(unit({ test }), ledger()).test(staged(), never)).toMatchObject({
      kind: 'refused',
    });
});

test('it runs what it was last told with success', async () => {
  const known = ledger('d0');
  const program = createProgram(unit({ reload: ['true'] }), known);
  expect(await program.running(never)).toEqual({ kind: 'running', digest: 'd0', draining: 0 });
  expect(await program.apply(staged(), never)).toEqual({ kind: 'proven', by: 'command' });
  expect(known.done).toEqual(['forget', 'note d1']);
  expect(await program.running(never)).toMatchObject({ digest: 'd1' });
});

test('after a reload that failed nobody knows what it runs', async () => {
  const known = ledger('d0');
  const program = createProgram(unit({ reload: ['/bin/sh', '-c', 'echo no >&2; exit 7'] }), known);
  expect(await program.apply(staged(), never)).toEqual({
    kind: 'unproven',
    problem: { what: '/bin/sh ended with 7: no', where: 'units.x.reload' },
  });
  expect(await program.running(never)).toMatchObject({ digest: undefined });
});

test('a program that watches its files has them once they are there', async () => {
  expect(await createProgram(unit({}), ledger()).apply(staged(), never)).toEqual({
    kind: 'proven',
    by: 'files',
  });
});
