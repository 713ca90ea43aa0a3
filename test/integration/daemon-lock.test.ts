import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { startConsul } from '../bed/consul.ts';
import { startNginx } from '../bed/nginx.ts';
import { startBackend } from '../support/backend.ts';
import { gateway, tally } from '../support/gateway.ts';
import { outputOf, startUpsync, type Upsync } from '../support/upsync.ts';

/** The one that works, of several; the others must have ended by themselves, saying why. */
async function winnerOf(all: readonly Upsync[]): Promise<Upsync> {
  const ends = await Promise.all(
    all.map((one) =>
      Promise.race([
        one.next('published').then(() => 'works'),
        one.next('unchanged').then(() => 'works'),
        one.ended.then(({ code }) => `ended with ${code}`),
      ]).catch(() => 'ended with 1'),
    ),
  );
  expect(ends.toSorted()).toEqual([...all.slice(1).map(() => 'ended with 1'), 'works']);
  const winner = all[ends.indexOf('works')];
  if (winner === undefined) throw new Error('nobody works');
  for (const loser of all.filter((one) => one !== winner)) {
    expect(await loser.ended).toEqual({ code: 1, signal: null });
    expect(loser.text()).toMatch(/another upsync works on this folder/);
  }
  return winner;
}

test('of several that start at once one works, on a fresh folder and behind one that was killed', async () => {
  await using consul = await startConsul();
  await using nginx = await startNginx(gateway());
  await using one = await startBackend('one');
  await consul.register(one.as('web1'));
  await using stack = new AsyncDisposableStack();
  const race = () =>
    winnerOf(Array.from({ length: 4 }, () => stack.use(startUpsync({ consul, nginx }, '--service', 'web1'))));
  const first = await race();
  await first.kill();
  const second = await race();
  await second.kill();
  await race();
  expect(await tally(`${nginx.url}/web1`, 2)).toEqual({ one: 2 });
  const left = (await readdir(outputOf(nginx))).filter((name) => name.startsWith('upsync.sock'));
  expect(left).toEqual(['upsync.sock']);
});
