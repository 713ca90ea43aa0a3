import { z } from 'zod';

/* The part of the status about queries, and what all parts are made of. */

export const time = z.number().describe('ms since the epoch');
export const ms = z.number();
export const count = z.number().int();

export const problem = z.object({
  what: z.string(),
  where: z.string().nullable(),
  remedy: z.string().nullable(),
});

const health = z
  .object({ passing: count, warning: count, critical: count, maintenance: count, unknown: count })
  .describe('instances by their worst check; unknown where the answer carries no checks');

export const query = z.object({
  answer: z
    .object({
      instances: count.describe(
        'registered, whatever their health; or so many services, nodes or keys, as the query asks for',
      ),
      health,
      index: z.string().describe("Consul's index"),
      at: time.describe('when the last good answer came, in ms since the epoch'),
      changedAt: time.describe('when it last was another one, in ms since the epoch'),
    })
    .nullable()
    .describe('the last good one; null until there is one'),
  failing: z
    .object({ since: time, failures: count.describe('in a row'), problem })
    .nullable()
    .describe('what is wrong now; the last good answer goes on to count meanwhile'),
  errors: count.describe('failures since upsync started'),
});
