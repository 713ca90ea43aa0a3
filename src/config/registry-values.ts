import { isIP } from 'node:net';
import { z } from 'zod';

/** An IP address, or a range of them as `10.0.0.0/8`. */
export const range = z
  .string()
  .refine(isRange, 'not an IP address or range; write such as 10.0.0.0/8, 10.1.2.3 or fd00::/8');

function isRange(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || address.includes('%') || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** The key of a service's meta, as Consul takes it (`agent/structs`, validateMetaPair). */
export const metaKey = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,128}$/, 'not a key of meta; Consul takes A-Z a-z 0-9 _ and -');

export const metaType = z.enum(['word', 'integer', 'boolean', 'host', 'path']);

/** A tag that templates shall see: it stands in what they write, so nothing in it may mean anything to nginx. */
export const exposedTag = z
  .string()
  .regex(
    /^[\w.:/@%+=,-]{1,255}$/,
    'not a tag that templates can see; use A-Z a-z 0-9 and _ . : / @ % + = , -',
  );

/** A variable of the environment that templates shall see. What they see stands in files that others may read. */
export const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'not a variable; use A-Z a-z 0-9 and _')
  .refine((name) => !/^CONSUL_HTTP_(TOKEN|AUTH)$/.test(name), 'a secret of upsync; templates may not see it');
