import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { problemOf, sentence } from '../../src/pipeline/problem.ts';
import { lineAt, tokenize } from '../../src/syntax/tokenize.ts';
import { layNginx } from '../bed/nginx.ts';

const NGINX = 'nginx';
const PIECES = [
  'a',
  't',
  'n',
  '"',
  "'",
  '\\',
  '\\"',
  '$',
  '${',
  '{',
  '}',
  ';',
  ';',
  ' ',
  '\n',
  '#',
  '\t',
  ')',
  '\r',
];
/** The same numbers in every run: Park and Miller's generator. */
function* numbers(seed: number): Generator<number, undefined> {
  for (let number = seed; ; number = (number * 48_271) % 2_147_483_647) yield number;
}

/** nginx's first complaint: its first directive is unknown, or it cannot read so far. */
function complaintOfNginx(file: string): string {
  const { stderr } = spawnSync(NGINX, ['-t', '-q', '-e', '/dev/null', '-c', file], { encoding: 'utf8' });
  const { what, line } = /\[emerg\] (?<what>.*) in \S+:(?<line>\d+)\n/s.exec(stderr)?.groups ?? {};
  return what === undefined ? 'none' : `${line}: ${what}`;
}

function complaintOfTokenize(text: string): string {
  try {
    const [first] = tokenize(text, '');
    return first === undefined ? 'none' : `${lineAt(text, first.end)}: unknown directive "${first.name}"`;
  } catch (error) {
    return sentence(problemOf(error)).slice(1);
  }
}

test('text of every kind is read as nginx reads it', async () => {
  await using bed = await layNginx();
  const file = join(bed.folder, 'text.conf');
  const random = numbers(7);
  const pick = (limit: number) => (random.next().value ?? 0) % limit;
  for (let count = 0; count < 300; count += 1) {
    const text = Array.from({ length: 1 + pick(14) }, () => PIECES[pick(PIECES.length)]).join('');
    await writeFile(file, text);
    const [nginx, ours] = [complaintOfNginx(file), complaintOfTokenize(text)];
    // We read the whole file before we tell; nginx stops at its first directive.
    const beyond = nginx.includes('unknown directive') && !ours.includes('unknown directive');
    if (!beyond) expect(ours, JSON.stringify(text)).toBe(nginx);
  }
});
