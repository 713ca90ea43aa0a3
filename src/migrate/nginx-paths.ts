import type { Drafted } from './draft.ts';

/** What a command tells of where nginx has its files. */
export interface NginxPaths {
  readonly conf?: string;
  readonly prefix?: string;
}

/** nginx by its name or path, and the arguments up to the end of its command. */
const RUN = /(?:^|[\s/'"=])(?:nginx|openresty|tengine)((?:\s+[^\s&|;]+)+)/g;

export function nginxPathsOf(command: string): NginxPaths {
  const runs = [...command.matchAll(RUN)].map(([, args = '']) => args);
  const of = (flag: RegExp) => runs.map((args) => flag.exec(args)?.[1]).find((path) => path !== undefined);
  const [conf, prefix] = [of(/\s-c\s*["']?([^\s"']+)/), of(/\s-p\s*["']?([^\s"']+)/)];
  return { ...(conf !== undefined && { conf }), ...(prefix !== undefined && { prefix }) };
}

/** Takes over what the commands of templates tell; where they differ, or only a shell would know, that is left to do. */
export function draftNginxPaths(
  commands: readonly { readonly paths: NginxPaths; readonly where: string | undefined }[],
  draft: Drafted,
): void {
  for (const key of ['prefix', 'conf'] as const) {
    for (const { paths, where } of commands) {
      const path = paths[key];
      if (path === undefined) continue;
      const there = setOf(draft)[key];
      // A relative path of nginx's begins at its prefix, and one of upsync's at its own configuration.
      if (there === undefined && /^\/[^$`*?]*$/.test(path)) draft.set(`nginx.${key}`, path);
      else if (there !== path) {
        const but = there === undefined ? 'as an absolute path' : `which is ${String(there)} elsewhere`;
        draft.say('open', `a command runs nginx with ${path}: set nginx.${key}, ${but}`, where);
      }
    }
  }
}

function setOf({ root: { nginx } }: Drafted): Readonly<Record<string, unknown>> {
  return typeof nginx === 'object' && nginx !== null ? { ...nginx } : {};
}
