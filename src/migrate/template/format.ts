import { type Js, js, literal } from './js.ts';

const VERB = /%(?:%|(0(\d+))?([sdvq]))|%/g;

/** `printf` as a template literal; undefined where it has verbs other than `%s`, `%d`, `%v`, `%q` and `%05d`. */
export function formatted([format, ...args]: readonly Js[]): Js | undefined {
  const text = format && literal(format);
  if (text === undefined) return undefined;
  let [code, used, isKnown, end] = ['', 0, true, 0];
  for (const { 0: whole, index, 2: width, 3: verb } of text.matchAll(VERB)) {
    code += escaped(text.slice(end, index));
    end = index + whole.length;
    if (whole === '%%') code += '%';
    else {
      const value = args[used];
      used += 1;
      if (verb === undefined || value === undefined) isKnown = false;
      else code += `\${${printed(value, verb, width)}}`;
    }
  }
  code += escaped(text.slice(end));
  return isKnown && used === args.length ? js(`\`${code}\``, 'text') : undefined;
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
