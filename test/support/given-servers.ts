import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NginxBed } from '../bed/nginx.ts';
import { via } from '../bed/via.ts';
import { rendered } from './gateway.ts';

/** The servers that nginx was given, each in nginx's own words for it, defaults left out: `127.0.0.1:80 weight=3 down`. */
export async function givenServers(nginx: NginxBed): Promise<readonly string[]> {
  if (via === 'reload')
    return [...(await rendered(nginx)).matchAll(/^ *server (.*);$/gm)].map(([, server = '']) => server);
  const peers = await readFile(join(nginx.folder, 'upsync/current/peers'), 'utf8');
  return [...peers.matchAll(/^(\S+:\d+) (\d+) \d+ \d+ (\w+)$/gm)].map(([, address, weight, state]) =>
    [address, weight === '1' ? '' : `weight=${weight}`, state === 'up' ? '' : state]
      .filter((part) => part !== '')
      .join(' '),
  );
}
