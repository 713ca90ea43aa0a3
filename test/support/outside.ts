import { mkdir, readlink, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BedOptions, NginxBed } from '../bed/nginx.ts';
import { gateway } from './gateway.ts';
import { outputOf, writeConfig } from './upsync.ts';

/** An nginx that includes `conf.d/*`, whatever it is called, beside the managed folder, and whatever else is given for http. */
export function withConfD(more = ''): BedOptions {
  return gateway({ http: `include conf.d/*;\n${more}` });
}

/** A server at the bed's second port that says this. */
export function says({ host, ports }: NginxBed, text: string, port = 1): string {
  return `server { listen ${host}:${ports[port]}; return 200 "${text}"; }\n`;
}

export function placeOfSaying({ host, ports }: NginxBed, port = 1): string {
  return `http://${host}:${ports[port]}/`;
}

/** By destination, a template and what else is said of it. Paths are relative to the bed's folder. */
export type Outside = Readonly<Record<string, { readonly text: string; readonly more?: string } | string>>;

/** Writes an `upsync.yaml` with these templates beside the built-in one, and the templates; gives the flags that name it. */
export async function writeOutside(nginx: NginxBed, outside: Outside, more = ''): Promise<string[]> {
  await mkdir(join(nginx.folder, 'eta'), { recursive: true });
  const lines = Object.entries(outside).map(async ([destination, given], at) => {
    const { text, more: keys = '' } = typeof given === 'string' ? { text: given } : given;
    const source = join(nginx.folder, `eta/${at}.eta`);
    await writeFile(`${source}~`, text);
    await rename(`${source}~`, source);
    const path = /^(http|stream)\//.test(destination) ? destination : join(nginx.folder, destination);
    return `  - {source: ${source}, destination: ${path}${keys}}\n`;
  });
  const builtin = join(import.meta.dirname, '../../templates/upstreams.conf.eta');
  const list = `  - {source: ${builtin}, destination: upstreams.conf}\n${(await Promise.all(lines)).join('')}`;
  return writeConfig(nginx, `upstreams: {web1: }\ntemplates:\n${list}${more}`);
}

/** Whether upsync's own link stands at a destination. */
export async function isOurs(nginx: NginxBed, destination: string): Promise<boolean> {
  const path = join(nginx.folder, destination);
  const target = await readlink(path).catch(() => '');
  return target === `${outputOf(nginx)}/current/files${path}`;
}
