import { z } from 'zod';
import { consulAddress } from '../address.ts';
import { duration } from '../duration.ts';
import { datacenter, optionalPath, serverName } from '../names.ts';
import { settings as s } from '../settings.ts';
import { count } from '../values.ts';
import { setting } from './keys.ts';

const tls = z
  .strictObject({
    ca_file: setting(s['consul.tls.ca_file'], optionalPath),
    cert_file: setting(s['consul.tls.cert_file'], optionalPath),
    key_file: setting(s['consul.tls.key_file'], optionalPath),
    server_name: setting(s['consul.tls.server_name'], serverName),
    verify: setting(s['consul.tls.verify'], z.boolean()),
  })
  .refine(
    ({ cert_file, key_file }) => (cert_file === '') === (key_file === ''),
    'cert_file and key_file go together; give both or none',
  );

export const consul = z.strictObject({
  address: setting(s['consul.address'], consulAddress),
  token_file: setting(s['consul.token_file'], optionalPath),
  datacenter: setting(s['consul.datacenter'], datacenter),
  stale: setting(s['consul.stale'], z.boolean()),
  block: setting(s['consul.block'], duration({ least: 1_000, most: 600_000 })),
  timeout: setting(s['consul.timeout'], duration({ least: 100, most: 600_000 })),
  max_stale: setting(s['consul.max_stale'], duration({ least: 1_000 })),
  max_connections: setting(s['consul.max_connections'], count(2)), // One stays free of queries that wait.
  tls: tls.prefault({}).describe('how to reach an agent whose address is https'),
});
