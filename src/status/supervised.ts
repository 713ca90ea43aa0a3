import { z } from 'zod';

/** Of the status: the nginx that upsync itself runs. */
export const supervised = z.object({
  state: z
    .enum(['waiting', 'starting', 'running', 'adopted', 'stopping', 'ended'])
    .describe('waiting: for a release to start with; adopted: it ran before, and is left alone at the end'),
  pid: z.number().int().nullable(),
});
