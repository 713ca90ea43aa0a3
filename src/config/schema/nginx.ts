import { z } from 'zod';
import { proofAddress } from '../address.ts';
import { duration } from '../duration.ts';
import { optionalPath, path } from '../names.ts';
import { settings as s } from '../settings.ts';
import { count } from '../values.ts';
import { setting } from './keys.ts';

export const nginx = z.strictObject({
  conf: setting(s['nginx.conf'], path),
  prefix: setting(s['nginx.prefix'], optionalPath),
  binary: setting(s['nginx.binary'], path),
  pid: setting(s['nginx.pid'], path),
  via: setting(s['nginx.via'], z.enum(['reload', 'push', 'auto'])),
  signal: setting(s['nginx.signal'], z.enum(['auto', 'pid', 'fifo'])),
  proof: setting(s['nginx.proof'], proofAddress),
  proof_timeout: setting(s['nginx.proof_timeout'], duration({ least: 100 })),
  max_draining: setting(s['nginx.max_draining'], count(1)),
});
