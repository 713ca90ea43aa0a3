import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NginxBed } from '../bed/nginx.ts';
import { type BedOptions, startNginx } from '../bed/nginx.ts';

/** Another nginx than the gateway, that stands for another program: it answers with the ports of web1. */
export interface OtherProgram extends NginxBed {
  /** The template of its whole configuration. */
  readonly template: string;
  /** Writes the template; `more` stands in its server. */
  write(more?: string): Promise<void>;
  /** Its part of `upsync.yaml`; a value replaces what is there by default. */
  yaml(keys?: Readonly<Record<string, unknown>>): string;
}

export async function startOther(options: BedOptions = {}): Promise<OtherProgram> {
  const bed = await startNginx(options);
  const { folder, conf, main, http, host, port } = bed;
  const template = join(folder, 'other.conf.eta');
  const write = (more = '') =>
    writeFile(
      template,
      `${main}
events { worker_connections 64; }
http {
${http}
server {
  listen ${host}:${port};
  return 200 "<%= it.upstream('web1').servers.map(({ port }) => port).join(' ') %>";
  ${more}
}
}
`,
    );
  await write();
  return Object.assign(bed, {
    template,
    write,
    yaml: (keys: Readonly<Record<string, unknown>> = {}) =>
      JSON.stringify({
        templates: [{ source: template, destination: conf }],
        test: ['nginx', '-t', '-q', '-e', '/dev/null', '-c', '{file}'],
        reload: ['nginx', '-s', 'reload', '-e', '/dev/null', '-c', conf],
        ...keys,
      }),
  });
}

/** A script in a bed's folder that notes its arguments, line by line, in a file of its own. */
export async function script(folder: string, name: string, body: string) {
  const path = join(folder, name);
  await writeFile(
    path,
    `#!/bin/sh\nfor one; do echo "$one"; done >> ${path}.args; echo . >> ${path}.args\n${body}\n`,
  );
  await chmod(path, 0o755);
  return {
    path,
    /** The arguments of each run so far. */
    async runs(): Promise<readonly string[]> {
      const text = await readFile(`${path}.args`, 'utf8').catch(() => '');
      return text.split('.\n').slice(0, -1);
    },
  };
}
