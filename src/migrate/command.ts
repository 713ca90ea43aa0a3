import { type NginxPaths, nginxPathsOf } from './nginx-paths.ts';

/** What a template's command was for. */
export type Command =
  /** upsync does that itself. */
  | { readonly kind: 'nginx'; readonly paths: NginxPaths }
  | {
      readonly kind: 'other';
      /** A name for what it reloads; empty where the command does not tell. */
      readonly program: string;
      readonly test?: readonly string[];
      readonly reload: readonly string[];
      readonly usesShell: boolean;
    };

const NGINX = /(^|[\s/'"=])(nginx|openresty|tengine)(?=$|[\s/.'";&|)])/;

/** What only a shell understands. */
const SHELL = /[|&;<>()$`"'*?~#\\\n{}]|(^|\s)\w+=/;

/** A command as consul-template takes it: one text for a shell, or a list of arguments. `destination` is the file it was run for. */
export function commandOf(given: string | readonly string[], destination: string): Command {
  const text = typeof given === 'string' ? given : given.join(' ');
  if (NGINX.test(text.replaceAll(destination, ''))) return { kind: 'nginx', paths: nginxPathsOf(text) };
  const program = programOf(text);
  // consul-template gives a list of one to the shell too.
  const argv = typeof given === 'string' ? undefined : given.length > 1 ? given : undefined;
  if (argv !== undefined) return { kind: 'other', program, reload: argv, usesShell: false };
  const [first = '', second, ...more] = text.split('&&').map((part) => part.trim());
  if (
    second !== undefined &&
    more.length === 0 &&
    isPlain(first) &&
    isPlain(second) &&
    first.includes(destination)
  ) {
    const test = words(first).map((word) => (word === destination ? '{file}' : word));
    return { kind: 'other', program, test, reload: words(second), usesShell: false };
  }
  if (isPlain(text)) return { kind: 'other', program, reload: words(text), usesShell: false };
  return { kind: 'other', program, reload: ['/bin/sh', '-c', text], usesShell: true };
}

function isPlain(text: string): boolean {
  return text.trim() !== '' && !SHELL.test(text);
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

const VERB = '(?:reload|restart|reload-or-restart|try-reload-or-restart|force-reload)';

function programOf(text: string): string {
  const [, unit, service, init] =
    new RegExp(
      `systemctl\\s+(?:-\\S+\\s+)*${VERB}\\s+([\\w.@-]+)|service\\s+([\\w.-]+)\\s+${VERB}|/etc/init\\.d/([\\w.-]+)\\s+${VERB}`,
    ).exec(text) ?? [];
  return (unit ?? service ?? init ?? '').replace(/\.service$/, '');
}
