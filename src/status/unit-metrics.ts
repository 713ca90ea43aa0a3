import type { Add } from './metrics.ts';
import type { Status } from './schema.ts';

/** Series of a unit that is configured no more end with it. */
export function ofUnits({ units, time }: Status, gauge: Add, counter: Add): void {
  const all = Object.entries(units);
  gauge(
    'upsync_unit_current',
    'Whether another program was told of the newest of its files.',
    all.map(([unit, { upToDate }]) => [{ unit }, upToDate ? 1 : 0]),
  );
  gauge(
    'upsync_unit_change_blocked_seconds',
    'For how long the newest change has been kept from another program; 0 where none is.',
    all.map(([unit, { blocked }]) => [{ unit }, blocked === null ? 0 : (time - blocked.since) / 1000]),
  );
  counter(
    'upsync_unit_passes_total',
    'Passes of the loop for another program by their outcome.',
    all.flatMap(([unit, { passes }]) =>
      Object.entries({ published: 0, unchanged: 0, ...passes }).map(
        ([outcome, count]) => [{ unit, outcome }, count] as const,
      ),
    ),
  );
}
