import type { Result } from './measure.ts';
import { servicePorts } from './node.ts';
import type { Loss } from './tally.ts';

/** What of the promise was broken, in words: no request is lost but those under way on a node as it was killed. */
export function broken(results: readonly Result[]): readonly string[] {
  return results.flatMap((result) => {
    const losses = result.tally.losses.filter((loss) => !isExcused(loss, result));
    return losses.length === 0 ? [] : [`${result.step.name}: ${losses.length} lost (${reasons(losses)})`];
  });
}

/** Sent before the node died, and to it. */
function isExcused(loss: Loss, { step, change }: Result): boolean {
  const { kills } = step;
  if (kills === undefined || loss.sentAt > change.doneAt) return false;
  return Object.values(servicePorts).some((port) => loss.tried.includes(`${kills}:${port}`));
}

/** `3 × status 502 after trying 127.0.0.3:30002, 1 × …` */
export function reasons(losses: readonly Loss[]): string {
  const counted = Map.groupBy(losses, ({ why, tried }) =>
    tried === '' ? why : `${why} after trying ${tried}`,
  );
  return [...counted].map(([why, { length }]) => `${length} × ${why}`).join(', ');
}
