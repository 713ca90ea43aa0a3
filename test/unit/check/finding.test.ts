import { expect, test } from 'vitest';
import { attempt, fail, ok, saidOnce, warn } from '../../../src/check/finding.ts';
import { ProblemError } from '../../../src/pipeline/problem.ts';

const never = new AbortController().signal;

test('what several checks ran into is said once, by the first of them', () => {
  const problem = { what: 'no such file', where: '/etc/nginx/a.conf' };
  const findings = [
    fail('conf', problem),
    ok('output', 'can be written'),
    fail('candidate', { ...problem, remedy: 'another remedy' }),
    warn('conf', { ...problem, where: '/etc/nginx/b.conf' }),
  ];
  expect(saidOnce(findings)).toEqual([findings[0], findings[1], findings[3]]);
});

test('an attempt gives the value or the problem, and only ends where it is told to', async () => {
  expect(await attempt(() => 1, never)).toEqual({ value: 1 });
  const failing = async () => {
    throw new ProblemError({ what: 'no', remedy: 'yes' });
  };
  expect(await attempt(failing, never)).toEqual({ problem: { what: 'no', remedy: 'yes' } });
  const reason = new Error('stopped');
  await expect(attempt(failing, AbortSignal.abort(reason))).rejects.toBe(reason);
});
