import { z } from 'zod';
import { blocked, counted } from './schema-parts.ts';
import { time } from './schema-query.ts';

/** Files of another program. */
export const unit = z.object({
  upToDate: z.boolean().describe('it was told of a release, and no newer change is kept from it'),
  release: z
    .object({ digest: z.string(), at: time.describe('when that was seen, in ms since the epoch') })
    .nullable()
    .describe('what it was last told of; original: what was there before upsync'),
  blocked: blocked.describe('what keeps the newest change from it'),
  lacking: z.array(z.string()).describe('what its templates ask for and do not get'),
  passes: counted.describe('by outcome'),
});
