import { z } from 'zod';

const notShare = 'not a share; write 50% or 0.5';

/** `50%`, or a number from 0 to 1; gives the number. A flag's `0.5` comes as text. */
export const share = z
  .union([z.string().regex(/^(\d+(\.\d+)?%|[01](\.\d+)?)$/, notShare), z.number()], { error: notShare })
  .transform((given) =>
    typeof given === 'string' && given.endsWith('%') ? Number(given.slice(0, -1)) / 100 : Number(given),
  )
  .refine((given) => given >= 0 && given <= 1, 'not a share; write 0% to 100%, or 0 to 1');

/** A whole number from `least` on. */
export function count(least: number) {
  return z
    .number()
    .int({ error: 'not a whole number' })
    .min(least, { error: `too small; at least ${least}` });
}

/**
 * nginx's shared memory in KiB. The least that nginx takes is eight pages, 32k where pages have 4 KiB.
 */
export const zone = z
  .string({ error: notZone() })
  .regex(/^(auto|off|\d{1,7}[kKmM])$/, { error: notZone() })
  .transform((text): 'auto' | 'off' | number => {
    if (text === 'auto' || text === 'off') return text;
    return Number.parseInt(text, 10) * (/m$/i.test(text) ? 1_024 : 1);
  })
  .refine((size) => typeof size === 'string' || size >= 32, 'too small; nginx takes no less than 32k');

function notZone(): string {
  return 'not a size; write auto, off, or a size with its unit, such as 128k or 1m';
}

/**
 * What becomes a directive of nginx's: a hash key may hold variables, but nothing that ends, opens,
 * quotes, escapes or comments.
 */
export const balance = z
  .string()
  .transform((text) => text.trim().replace(/ +/g, ' '))
  .refine(
    (text) => methods.test(text) && !/\p{Cc}/u.test(text),
    'not a balancing method; write round_robin, least_conn, ip_hash, random, random two, random two least_conn, hash KEY or hash KEY consistent',
  );

const methods =
  /^(round_robin|least_conn|ip_hash|random( two( least_conn)?)?|hash [^\s;{}'"\\#]+( consistent)?)$/;
