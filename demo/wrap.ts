import { stripVTControlCharacters } from 'node:util';

/** Breaks a text into lines of at most `width` characters, between words but not before a unit; a longer word stands alone. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  // Each word takes the blanks before it along, so that aligned columns stay aligned within a line.
  for (const part of text.match(/\s*(?:\d+ m?s\b\S*|\S+)/g) ?? []) {
    if (line !== '' && stripVTControlCharacters(line + part).length > width) {
      lines.push(line);
      line = part.trimStart();
    } else {
      line += part;
    }
  }
  return carryColour([...lines, line]);
}

const sequence = '\x1b[';
const off = '39m';

/** A colour that is on at the end of a line is put off there, and on again in the next one. */
function carryColour(lines: readonly string[]): readonly string[] {
  let on = off;
  return lines.map((line) => {
    const whole = on === off ? line : sequence + on + line;
    const [, ...parts] = whole.split(sequence);
    on = /^\d+m/.exec(parts.at(-1) ?? '')?.[0] ?? off;
    return on === off ? whole : whole + sequence + off;
  });
}
