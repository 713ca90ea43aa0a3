import { type Js, js, literal, type Part, partsOf } from './js.ts';

const VERB = /%(?:%|(0(\d+))?([sdvq]))|%/g;

/** `printf` as a template literal; undefined where it has verbs other than `%s`, `%d`, `%v`, `%q` and `%05d`. */
export function formatted([format, ...args]: readonly Js[]): Js | undefined {
  const text = format && literal(format);
  if (text === undefined) return undefined;
  let [used, isKnown, end] = [0, true, 0];
  const written: Part[] = [];
  const parts: Part[] = [];
  for (const { 0: whole, index, 2: width, 3: verb } of text.matchAll(VERB)) {
    const before = text.slice(end, index) + (whole === '%%' ? '%' : '');
    written.push(before);
    parts.push(before);
    end = index + whole.length;
    if (whole === '%%') continue;
    const value = args[used];
    used += 1;
    if (verb === undefined || value === undefined) {
      isKnown = false;
      continue;
    }
    const one = js(printed(value, verb, width), 'text');
    written.push(one);
    parts.push(...(one.code === value.code ? partsOf(value) : [one]));
  }
  written.push(text.slice(end));
  parts.push(text.slice(end));
  if (!isKnown || used !== args.length) return undefined;
  return { ...js(together(written), 'text'), parts };
}

/** As a template literal. */
export function together(parts: readonly Part[]): string {
  return `\`${parts.map((part) => (typeof part === 'string' ? escaped(part) : `\${${part.code}}`)).join('')}\``;
}

function printed({ code }: Js, verb: string, width: string | undefined): string {
  if (verb === 'q') return `JSON.stringify(${code})`;
  return width === undefined ? code : `String(${code}).padStart(${Number(width)}, '0')`;
}

function escaped(text: string): string {
  return text
    .replace(/[\\`]|\$(?=\{)/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
}
