import { z } from 'zod';

const clean = z.string().refine((text) => !/\p{Cc}/u.test(text), 'holds control characters');

/** An nginx upstream: it stands unquoted in configuration, in variables and in file names. */
export const upstreamName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    'not a name for an upstream; use 1 to 63 of A-Z a-z 0-9 . _ - and begin with a letter or digit',
  );

/** A Consul service. Consul takes nearly any name: what is refused here would garble a log line. */
export const serviceName = z
  .string()
  .min(1, 'no service name; it may not be empty')
  .refine(
    (text) => !/[\s\p{Cc}]/u.test(text),
    'not a service name; it may not hold spaces or control characters',
  );

export const tag = clean.min(1, 'not a tag; it may not be empty');

/** Empty for any. */
export const optionalTag = clean;

/** Empty for the agent's own. */
export const datacenter = z
  .string()
  .regex(/^[A-Za-z0-9_-]*$/, 'not a datacenter; its name holds A-Z a-z 0-9 _ and -');

/** Several: the first in which something can serve counts. */
export const datacenters = z.union([
  datacenter,
  z.array(datacenter.min(1, 'not a datacenter; it may not be empty')).min(1, 'not a list; name a datacenter'),
]);

/** A namespace, partition or peer, as Consul takes them. */
export const scopeName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'not such a name; use A-Z a-z 0-9 _ and -');

/** Consul evaluates it, and says what is wrong with it. */
export const filter = clean.min(1, 'not an expression; it may not be empty');

/** As `filter`, or empty for none. */
export const optionalFilter = clean;

/** Empty for the host of the address. */
export const serverName = z.string().regex(/^[A-Za-z0-9._:-]*$/, 'not a host name');

/** The path of a file or folder that must be given. */
export const path = clean.min(1, 'not a path; it may not be empty');

/** As `path`, or empty for none. */
export const optionalPath = clean;

/** Each part of it but `.` and `..`: one file has one name, as far as that can be told without the disk. */
const absolute = String.raw`(?:\/(?!\.{1,2}(?:\/|$))[^\/\p{Cc}]+)+`;
const released = String.raw`(?:(?:http|stream)\/)?[A-Za-z0-9_-][A-Za-z0-9._-]*`;

/** Where a rendered file goes that lies outside of the managed folder. */
export const absoluteDestination = z
  .string()
  .regex(
    new RegExp(`^${absolute}$`, 'u'),
    'not a destination; write an absolute path, without . and .. in it',
  );

/**
 * Where a rendered file goes: in a release, `http/NAME`, `stream/NAME`, or `NAME` for `http` (gives the first two), or
 * outside of the managed folder, by an absolute path. nginx's globs pass over a leading dot, and `upsync.conf` is a
 * file of upsync's own.
 */
export const destination = z
  .string()
  .regex(
    new RegExp(`^(?:${released}|${absolute})$`, 'u'),
    'not a destination; write http/NAME or stream/NAME, NAME of A-Z a-z 0-9 . _ - and without a leading dot, or an absolute path',
  )
  .transform((text) => (text.includes('/') ? text : `http/${text}`))
  .refine(
    (text) => text.startsWith('/') || !text.endsWith('/upsync.conf'),
    'upsync.conf is a file of upsync itself; choose another name',
  );
