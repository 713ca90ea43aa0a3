import { z } from 'zod';
import { duration } from '../duration.ts';
import { settings as s } from '../settings.ts';
import { count } from '../values.ts';
import { setting } from './keys.ts';

const name = z
  .string()
  .regex(
    /^([A-Za-z0-9][A-Za-z0-9._-]{0,62})?$/,
    'not a name for a fleet; use up to 63 of A-Z a-z 0-9 . _ - and begin with a letter or digit',
  );

const prefix = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/,
    'not a folder of the KV; write parts of A-Z a-z 0-9 . _ - that begin with a letter or digit, and / between them',
  );

export const fleet = z.strictObject({
  name: setting(s['fleet.name'], name),
  reloads: setting(s['fleet.reloads'], count(1)),
  patience: setting(s['fleet.patience'], duration()),
  prefix: setting(s['fleet.prefix'], prefix),
  ttl: setting(s['fleet.ttl'], duration({ least: 10_000, most: 86_400_000 })), // Consul's own bounds.
});
