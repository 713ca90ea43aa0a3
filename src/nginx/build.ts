import { join, resolve } from 'node:path';
import { runNginx } from './test-run.ts';

/** What nginx was compiled with: where it looks when the configuration does not say. */
export interface Build {
  /** As in `nginx/1.22.1`. */
  readonly version: string;
  readonly prefix: string;
  readonly conf: string;
  readonly pid: string;
  /** Whom workers run as where nginx.conf does not say. */
  readonly user: string;
  readonly group: string;
  /** Whether the Lua module is built in, as in OpenResty. */
  readonly hasLua: boolean;
  /** HTTP modules that are usually there and were left out, as in `http_fastcgi_module`. */
  readonly without: ReadonlySet<string>;
}

/** Asks `nginx -V`. Throws ProblemError where it cannot be run. */
export async function readBuild(binary: string, signal: AbortSignal): Promise<Build> {
  const { stderr } = await runNginx(binary, ['-V'], { cwd: '/', timeout: 10_000 }, signal);
  return parseBuild(stderr);
}

/** The defaults are those of nginx's `auto/options` and `auto/init`. */
export function parseBuild(output: string): Build {
  const options = new Map<string, string>();
  const line = /^configure arguments:(.*)$/m.exec(output)?.[1] ?? '';
  for (const [, name = '', quoted, bare = ''] of line.matchAll(/--([\w-]+)(?:=(?:'([^']*)'|(\S*)))?/g)) {
    options.set(name, quoted ?? bare);
  }
  const user = options.get('user') || 'nobody';
  const prefix = options.get('prefix') || '/usr/local/nginx';
  return {
    version: /^\S+ version: (\S+)/m.exec(output)?.[1] ?? 'unknown',
    prefix,
    conf: resolve(prefix, options.get('conf-path') || 'conf/nginx.conf'),
    pid: resolve(prefix, options.get('pid-path') || 'logs/nginx.pid'),
    user,
    group: options.get('group') || user,
    hasLua: /--add-module=\S*(lua-nginx-module|ngx_lua)/.test(line),
    without: new Set(
      [...options.keys()]
        .filter((name) => name.startsWith('without-'))
        .map((name) => name.slice('without-'.length)),
    ),
  };
}

/** Where the master writes its pid: `configured` is what `pid` in nginx.conf says, `prefix` its `-p`. */
export function pidFile(build: Build, configured: string | undefined, prefix?: string): string {
  return configured === undefined ? build.pid : join(resolve(prefix ?? build.prefix, configured));
}
