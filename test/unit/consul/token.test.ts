import { expect, test } from 'vitest';
import { lastingToken } from '../../../src/consul/token.ts';
import type { Event } from '../../../src/pipeline/event.ts';
import { ProblemError } from '../../../src/pipeline/problem.ts';

test('a token that is not to be had any more lasts, which is said once for each reason, until there is another', async () => {
  const events: Event[] = [];
  let now: string | Error = 'one';
  const token = lastingToken(
    async () => {
      if (typeof now === 'string') return now;
      throw now;
    },
    (event) => events.push(event),
  );
  expect(await token()).toBe('one');
  for (const what of ['no such file', 'no such file', 'holds no token: it is empty']) {
    now = new ProblemError({ what, where: 'consul.token_file' });
    expect(await Promise.all([token(), token()])).toEqual(['one', 'one']);
  }
  now = 'two';
  expect(await token()).toBe('two');
  now = new ProblemError({ what: 'no such file', where: 'consul.token_file' });
  expect(await token()).toBe('two');

  const told = (what: string) => ({
    type: 'problem',
    problem: {
      where: 'consul.token_file',
      what: `${what}; the token that was there before stays in use`,
    },
  });
  expect(events).toEqual([told('no such file'), told('holds no token: it is empty'), told('no such file')]);
});
