import { z } from 'zod';
import { count, problem, time } from './schema-query.ts';

export const blocked = z
  .object({
    by: z.enum(['rejected', 'rolledBack', 'failed']),
    at: z.enum(['render', 'stage', 'test', 'publish', 'prove']),
    since: time,
    times: count,
    problems: z.array(problem),
  })
  .nullable();

export const counted = z.record(z.string(), count);
