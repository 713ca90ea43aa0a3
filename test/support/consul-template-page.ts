import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyRow } from '../../src/migrate/key-row.ts';
import { keyRows } from '../../src/migrate/keys.ts';
import { fieldRows } from '../../src/migrate/template/fields.ts';
import type { FunctionRow } from '../../src/migrate/template/function.ts';
import { functions } from '../../src/migrate/template/functions.ts';

/*
 * docs/consul-template.md has its tables from the tables that `upsync migrate` works by. As a program this writes
 * them anew: `node test/support/consul-template-page.ts`.
 */
export const page = join(import.meta.dirname, '../../docs/consul-template.md');

const tables: Readonly<Record<string, string>> = {
  keys: table(
    ['consul-template', 'upsync'],
    keyRows.map((row) => [names([...row.keys, ...row.flags]), fate(row)]),
  ),
  functions: table(
    ['function', 'in an Eta template', '`upsync migrate`'],
    functions.map((row) => [names(row.names), row.write, work(row)]),
  ),
  fields: table(['field', 'in an Eta template'], fieldRows),
};

/** The page with its tables as they are now. */
export function withTables(text: string): string {
  return Object.entries(tables).reduce((before, [name, rows]) => {
    const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [head, rest = ''] = before.split(open);
    return `${head}${open}\n${rows}${close}${rest.slice(rest.indexOf(close) + close.length)}`;
  }, text);
}

function work({ convert, isDropped }: FunctionRow): string {
  if (convert !== undefined) return 'converts';
  return isDropped ? 'leaves it out' : 'marks';
}

function fate({ becomes, upsync }: KeyRow): string {
  if (becomes === 'unneeded') return `not needed: ${upsync}`;
  return becomes === 'outside' ? `out of scope: ${upsync}` : upsync;
}

function names(of: readonly string[]): string {
  return of.map((name) => `\`${name}\``).join(', ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return [line(head), `|${'---|'.repeat(head.length)}\n`, ...rows.map(line)].join('');
}

if (process.argv[1] === import.meta.filename) await writeFile(page, withTables(await readFile(page, 'utf8')));
