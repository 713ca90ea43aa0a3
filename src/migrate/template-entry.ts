import { basename } from 'node:path';
import { type Command, commandOf } from './command.ts';
import type { Draft } from './draft.ts';
import { type GivenTemplate, isTrue, textOf, wordsOf } from './given.ts';
import { goDuration, spellDuration } from './go-duration.ts';
import type { Delimiters } from './template/lex.ts';

/** A template with all that its block says of it. */
export interface Entry {
  /** Of the original: a path, or `file:line` of its `contents`. */
  readonly file: string;
  /** The line of the original that the text begins on. */
  readonly line: number;
  readonly text: string;
  /** What the Eta template is called, without `.eta`. */
  readonly name: string;
  /** `http/NAME` or an absolute path; empty where none was given. */
  readonly destination: string;
  readonly delimiters: Delimiters;
  readonly command: Command | undefined;
  /** Of a command, in upsync's words. */
  readonly timeout: string | undefined;
  readonly mode: string | undefined;
  readonly owner: string | undefined;
  readonly where: string | undefined;
}

export interface Loaded {
  readonly template: GivenTemplate;
  /** The path of its source; undefined for `contents`. */
  readonly source: string | undefined;
  readonly text: string;
}

export function entryOf({ template, source, text }: Loaded, fallback: Delimiters, draft: Draft): Entry {
  const { settings, where, file } = template;
  const read = (key: string) => {
    const setting = settings.get(key);
    return setting === undefined ? '' : textOf(setting);
  };
  const destination = read('destination');
  const contents = settings.get('contents');
  const command = settings.get('exec.command') ?? settings.get('command');
  const timeout = settings.get('exec.timeout') ?? settings.get('command_timeout');
  const ms = timeout && goDuration(timeout);
  return {
    file: source ?? file,
    line: source === undefined ? (contents?.value.line ?? 1) : 1,
    text,
    name: nameOf(source ?? destination),
    destination,
    delimiters: {
      left: read('left_delimiter') || fallback.left,
      right: read('right_delimiter') || fallback.right,
    },
    command:
      command && textOf(command).trim() !== '' && !isOff(template)
        ? commandOf(wordsOf(command), destination)
        : undefined,
    timeout: ms === undefined || ms < 100 ? undefined : spellDuration(ms),
    mode: modeOf(template, draft),
    owner: ownerOf(template),
    where,
  };
}

/** One that stands alone, with no configuration: a file of nginx's, in the managed folder. */
export function bareEntry(file: string, text: string, delimiters: Delimiters): Entry {
  const name = nameOf(file);
  return {
    file,
    line: 1,
    text,
    name,
    destination: `http/${name.endsWith('.conf') ? name : `${name}.conf`}`,
    delimiters,
    command: undefined,
    timeout: undefined,
    mode: undefined,
    owner: undefined,
    where: undefined,
  };
}

function nameOf(path: string): string {
  const name = basename(path).replace(/\.(ctmpl|tmpl|tpl|template)$/, '');
  return name.replace(/[^\w.-]/g, '_').replace(/^\.+/, '') || 'template';
}

function isOff({ settings }: GivenTemplate): boolean {
  return settings.has('exec.enabled') && !isTrue(settings.get('exec.enabled'));
}

function modeOf({ settings }: GivenTemplate, draft: Draft): string | undefined {
  const perms = settings.get('perms');
  if (perms === undefined) return undefined;
  const bits = perms.value.kind === 'number' ? perms.value.number : Number.parseInt(textOf(perms), 8);
  if (Number.isInteger(bits) && bits >= 0 && bits <= 0o777)
    return bits === 0 ? undefined : `0${bits.toString(8).padStart(3, '0')}`;
  draft.say(
    'open',
    `perms ${textOf(perms)}: upsync sets the nine permission bits alone, as mode: "0644"`,
    perms.where,
  );
  return undefined;
}

function ownerOf({ settings }: GivenTemplate): string | undefined {
  const either = (...keys: readonly string[]) =>
    keys
      .map((key) => settings.get(key))
      .flatMap((one) => (one === undefined ? [] : [textOf(one)]))
      .find((one) => one !== '');
  const [user, group] = [either('user', 'uid'), either('group', 'gid')];
  if (user === undefined && group === undefined) return undefined;
  // Without a user the file is its writer's, and consul-template writes as root where it may change groups.
  return group === undefined ? user : `${user ?? 'root'}:${group}`;
}
