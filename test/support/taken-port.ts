import { once } from 'node:events';
import { cp, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { NginxBed } from '../bed/nginx.ts';

/** Templates whose release listens on the bed's second port, and somebody who holds that port. */
export async function takenPort(nginx: NginxBed): Promise<{ flags: string[]; url: string; holder: Server }> {
  const [, port = 0] = nginx.ports;
  const templates = join(nginx.folder, 'templates');
  await cp(join(import.meta.dirname, '../../templates'), templates, { recursive: true });
  const server = `server { listen ${nginx.host}:${port}; return 200 "new port"; }\n`;
  await writeFile(join(templates, 'port.conf.eta'), server);
  const holder = createServer().listen(port, nginx.host);
  await once(holder, 'listening');
  const flags = ['--service', 'web1', '--templates', templates, '--nginx-proof-timeout', '3s'];
  return { flags, url: `http://${nginx.host}:${port}/`, holder };
}
