import { z } from 'zod';
import { serverAddress } from '../address.ts';
import { datacenter, optionalFilter, optionalTag, serviceName } from '../names.ts';
import { settings as s } from '../settings.ts';
import { count } from '../values.ts';
import { setting } from './keys.ts';

export const discover = z
  .strictObject({
    tag: setting(s['discover.tag'], optionalTag),
    filter: setting(s['discover.filter'], optionalFilter),
    datacenter: setting(s['discover.datacenter'], datacenter),
    exclude: z.array(serviceName).default([]).describe('services that are never discovered'),
    max: setting(s['discover.max'], count(1)),
  })
  .refine(
    ({ tag, filter, datacenter, exclude }) =>
      tag !== '' || filter !== '' || (datacenter === '' && exclude.length === 0),
    'discovers nothing; give a tag, or a filter',
  );

export const gateway = z.strictObject({ listen: setting(s['gateway.listen'], serverAddress) });
