import { quote } from '../syntax/tokenize.ts';
import { type Crawl, type Placed, type Source, utf8 } from './crawl.ts';
import { isPattern } from './glob.ts';

/** Replaces `start` to `end` of a file's text; the rest stays byte for byte. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export type Edits = ReadonlyMap<Source, readonly Edit[]>;

export interface Places {
  /** The staged copy of an absolute path. */
  staged(path: string): string;
  /** A path of its own, within the stage, for each path that nginx would write to. */
  scratch(path: string): string;
}

// Directives whose first word names what `nginx -t` opens, binds or creates (users of ngx_conf_open_file,
// ngx_create_paths, ngx_create_pidfile and ngx_open_listening_sockets), each with the words that name no file.
const WRITTEN: readonly { name: RegExp; not?: RegExp }[] = [
  { name: /^(pid|lock_file)$/ },
  { name: /^error_log$/, not: /^(stderr$|syslog:|memory:)/ },
  // A path with variables is opened per request.
  { name: /^access_log$/, not: /^off$|^syslog:|\$/ },
  { name: /^(\w+_)?ssl_key_log$/, not: /^off$/ },
  { name: /_temp_path$/ },
  { name: /_cache_path$/ },
];

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** The directives that say where temporary files go. `without` names modules that nginx lacks. */
export function temporaryPaths(without: ReadonlySet<string>): string[] {
  return TEMPORARY.filter((name) => !without.has(`http_${name}_module`)).map((name) => `${name}_temp_path`);
}

/**
 * The edits that let nginx read the whole configuration from the stage, and write only there.
 * `without` names modules that nginx lacks.
 */
export function rewrites(config: Crawl, places: Places, without: ReadonlySet<string>): Edits {
  const edits = new Map<Source, Map<number, Edit>>();
  const edit = (source: Source, one: Edit) => {
    const known = edits.get(source) ?? new Map<number, Edit>();
    edits.set(source, known.set(one.start, one));
  };

  for (const { source, directive, includes, context } of config.placed) {
    const word = directive.args[0];
    const text =
      word &&
      (includes ? included(includes, context, places) : redirected(utf8(word.value), directive.name, places));
    if (word && text !== undefined) edit(source, { start: word.start, end: word.end, text });
    if (context.length === 0 && directive.name === 'http') {
      const { end } = directive;
      edit(source, { start: end, end, text: httpDefaults(config.placed, places, without) });
    }
  }

  const main = config.sources[0];
  if (main) edit(main, { start: 0, end: 0, text: mainDefaults(config.placed, places) });
  return new Map(
    [...edits].map(([source, found]) => [source, [...found.values()].sort((a, b) => a.start - b.start)]),
  );
}

/** The text with its edits; they are given in order and do not overlap. */
export function apply(text: string, edits: readonly Edit[]): string {
  let at = 0;
  let result = '';
  for (const edit of edits) {
    result += text.slice(at, edit.start) + Buffer.from(edit.text).toString('latin1');
    at = edit.end;
  }
  return result + text.slice(at);
}

/** An include of many files becomes as many includes, on the same line: the crawl's answer, not a second glob. */
function included(paths: readonly string[], context: readonly string[], { staged }: Places): string {
  const words = paths.map((path) => {
    const name = staged(path);
    const magic = isPattern(name) && context.at(-1) !== 'geo';
    return quote(magic ? name.replace(/[*?[\\]/g, '\\$&') : name);
  });
  return words.length === 0 ? quote(staged('/no-such-folder/*')) : words.join('; include ');
}

function redirected(path: string, name: string, places: Places): string | undefined {
  if (name === 'listen') return socket(path, places);
  const written = WRITTEN.find((each) => each.name.test(name));
  if (!written || written.not?.test(path)) return undefined;
  return quote(places.scratch(path));
}

/** `nginx -t` binds a unix socket and deletes it again: killed in between, it would keep nginx from starting. */
function socket(address: string, { scratch }: Places): string | undefined {
  const path = /^unix:(.+)$/is.exec(address)?.[1];
  // A path that is too long for the kernel must stay so.
  if (path === undefined || Buffer.byteLength(path) > 107) return undefined;
  return quote(`unix:${scratch(path)}`);
}

function mainDefaults(placed: readonly Placed[], { scratch }: Places): string {
  const present = namesAt(placed, '');
  return ['pid', 'lock_file']
    .filter((name) => !present.has(name))
    .map((name) => `${name} ${quote(scratch(name))}; `)
    .join('');
}

/** `access_log off` is legal beside other access logs, and keeps the compiled-in one from being opened. */
function httpDefaults(placed: readonly Placed[], { scratch }: Places, without: ReadonlySet<string>): string {
  const present = namesAt(placed, 'http');
  const paths = temporaryPaths(without)
    .filter((name) => !present.has(name))
    .map((name) => ` ${name} ${quote(scratch(name))};`);
  return ` access_log off;${paths.join('')}`;
}

function namesAt(placed: readonly Placed[], context: string): ReadonlySet<string> {
  return new Set(
    placed.filter((each) => each.context.join(' ') === context).map((each) => each.directive.name),
  );
}
