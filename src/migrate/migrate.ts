import { createDraft, type Draft, type Drafted } from './draft.ts';
import { type Given, textOf } from './given.ts';
import { moveSettings, sayTemplateKeys } from './keys.ts';
import { draftNginxPaths } from './nginx-paths.ts';
import { convertTemplate } from './template/convert.ts';
import type { Delimiters } from './template/lex.ts';
import { type Needs, noNeeds } from './template/needs.ts';
import { parseTemplate } from './template/parse.ts';
import type { Mark } from './template/pass.ts';
import { bareEntry, type Entry, entryOf, type Loaded } from './template-entry.ts';
import { createUnits } from './units.ts';
import { createClaims } from './upstreams.ts';

/** What was read, before anything is made of it. */
export interface Original {
  readonly given: Given;
  readonly templates: readonly Loaded[];
  /** Templates that no configuration names. */
  readonly bare: readonly { readonly file: string; readonly text: string }[];
}

/** Makes upsync.yaml and Eta templates of consul-template's configuration. Throws ProblemError where a template cannot be read. */
export function migrate({ given, templates, bare }: Original): Drafted {
  const draft = createDraft();
  const delimiters = delimitersOf(given);
  moveSettings(given, draft);
  sayTemplateKeys(given, draft);
  const entries = [
    ...templates.map((loaded) => entryOf(loaded, delimiters, draft)),
    ...bare.map(({ file, text }) => bareEntry(file, text, delimiters)),
  ];
  draftNginxPaths(
    entries.flatMap(({ command, where }) =>
      command?.kind === 'nginx' ? [{ paths: command.paths, where }] : [],
    ),
    draft,
  );
  const claims = createClaims();
  const units = createUnits(draft);
  const needs = noNeeds();
  const names = new Set<string>();
  const written = new Set<string>();
  const listed: unknown[] = [];
  for (const entry of entries) {
    const source = `templates/${uniqueName(entry.name, names)}.eta`;
    const isNginx = isNginxs(entry);
    const before = claims.names.length;
    const nodes = parseTemplate({
      text: entry.text,
      delimiters: entry.delimiters,
      origin: { file: entry.file, line: entry.line },
      isNginx,
    });
    const converted = convertTemplate(nodes, { file: entry.file, isNginx, claim: claims.claim });
    draft.write(source, `<% /* Made of ${entry.file} by upsync migrate. */ %>\n${converted.eta}`);
    addNeeds(needs, converted.needs);
    // A tag that is asked for by name is noted with that name.
    if (/\.tags(?!\.includes\()/.test(converted.eta))
      needs.toDo.add('a template goes through all tags: list those that it may see under expose.tags');
    sayMarks(converted.marks, entry.file, draft);
    draft.say('done', `${source}: ${becomes(entry)}${upstreamsIn(claims.names.slice(before))}`, entry.file);
    if (written.has(entry.destination)) sayTwice(entry, draft);
    written.add(entry.destination);
    const file = {
      source,
      destination: entry.destination,
      ...(entry.mode === undefined ? {} : { mode: entry.mode }),
      ...(entry.owner === undefined ? {} : { owner: entry.owner }),
    };
    if (isWhole(entry)) sayWhole(entry, draft);
    else if (isNginx) listed.push(file);
    else units.add(entry, file);
  }
  if (listed.length > 0)
    draft.set('templates', listed, "nginx's files: one unit, tested and published together.");
  claims.draftTo(draft);
  units.draftTo(draft);
  expose(needs, draft);
  return draft;
}

function delimitersOf({ settings }: Given): Delimiters {
  const [left, right] = [settings.get('default_delimiters.left'), settings.get('default_delimiters.right')];
  return { left: (left && textOf(left)) || '{{', right: (right && textOf(right)) || '}}' };
}

/** A file of nginx's has a command that reloads it, or none, and lies where nginx has its files. */
function isNginxs({ command, destination, text }: Entry): boolean {
  if (command !== undefined) return command.kind === 'nginx';
  return (
    !destination.startsWith('/') ||
    /nginx|openresty/.test(destination) ||
    /^\s*(upstream|server|location)\b[^;]*\{/m.test(text)
  );
}

/** nginx.conf itself: upsync tests with it, and its files are included from it. */
function isWhole({ destination, text }: Entry): boolean {
  return /\/nginx\.conf$/.test(destination) || /^\s*(events|http)\s*\{/m.test(text);
}

function sayWhole({ destination, file }: Entry, draft: Draft): void {
  draft.say(
    'open',
    `${destination} is nginx's whole configuration, and no entry of upsync.yaml: leave it a file that you write, move what depends on Consul into a template of its own, and include that`,
    file,
  );
}

function sayTwice({ destination, file }: Entry, draft: Draft): void {
  draft.say('open', `two templates write ${destination}: give one of them another destination`, file);
}

function becomes({ destination, command }: Entry): string {
  if (destination === '') return 'a template without a destination';
  return `becomes ${destination}${command?.kind === 'nginx' ? ', and upsync reloads nginx' : ''}`;
}

function upstreamsIn(names: readonly string[]): string {
  if (names.length === 0) return '';
  return `, with ${names.length === 1 ? 'the upstream' : 'the upstreams'} ${names.join(', ')}`;
}

function sayMarks(marks: readonly Mark[], file: string, draft: Draft): void {
  for (const { line, source, instead, isDropped } of marks) {
    draft.say(
      isDropped ? 'left' : 'open',
      `${source.replace(/\s+/g, ' ')}: write ${instead}`,
      `${file}:${line}`,
    );
  }
}

function addNeeds(to: Needs, { tags, meta, env, remarks, toDo }: Needs): void {
  for (const tag of tags) to.tags.add(tag);
  for (const key of meta) to.meta.add(key);
  for (const name of env) to.env.add(name);
  for (const remark of remarks) to.remarks.add(remark);
  for (const one of toDo) to.toDo.add(one);
}

/** What a key of meta most likely holds, by its name. */
function metaType(key: string): string {
  if (/(^|[_-])(host|hostname|domain|server_name)$/i.test(key)) return 'host';
  return /(^|[_-])(path|prefix|uri|route)$/i.test(key) ? 'path' : 'word';
}

function expose({ tags, meta, env, remarks, toDo }: Needs, draft: Draft): void {
  if (tags.size > 0) draft.set('expose.tags', [...tags].sort());
  if (meta.size > 0) {
    draft.set(
      'expose.meta',
      Object.fromEntries([...meta].sort().map((key) => [key, metaType(key)])),
      'word, integer, boolean, host or path: an instance whose value is not of that type is left out, and the log says so.',
    );
  }
  if (env.size > 0) draft.set('expose.env', [...env].sort());
  for (const remark of remarks) draft.say('left', remark);
  for (const one of toDo) draft.say('open', one);
}

function uniqueName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let number = 2; taken.has(name); number += 1) name = `${wanted}-${number}`;
  taken.add(name);
  return name;
}
