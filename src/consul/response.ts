import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';

/** What is used of an answer, whichever transport it came over; papi adds the body, where it has one. */
export const Response = z.object({
  statusCode: z.number(),
  headers: z.custom<IncomingHttpHeaders>((headers) => typeof headers === 'object' && headers !== null),
  body: z.instanceof(Buffer).optional(),
});
export type Response = z.infer<typeof Response>;
