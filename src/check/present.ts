import { printable } from '../report/line.ts';
import { count, type Finding, type Level } from './finding.ts';

/** What needs no second look first, and failures last: a terminal shows the end. */
const order: readonly Level[] = ['ok', 'warn', 'fail'];

const colours: Readonly<Record<Level, string>> = { ok: '32', warn: '33', fail: '31' };

export interface Look {
  readonly coloured: boolean;
  /** Characters to a line; undefined where lines are not broken. */
  readonly columns: number | undefined;
}

/** One JSON document. */
export function presentJson(findings: readonly Finding[]): string {
  const level = worst(findings);
  return `${JSON.stringify({ level, findings: sorted(findings) }, undefined, 2)}\n`;
}

/** A finding a line, with its place and its remedy below it, and in the last line what it comes to. */
export function presentText(findings: readonly Finding[], look: Look): string {
  const width = Math.max(0, ...findings.map(({ topic }) => topic.length));
  const lines = sorted(findings).flatMap((finding) => linesOf(finding, width, look));
  return `${lines.join('\n')}\n\n${verdict(findings, look)}\n`;
}

function sorted(findings: readonly Finding[]): Finding[] {
  return order.flatMap((level) => findings.filter((finding) => finding.level === level));
}

function worst(findings: readonly Finding[]): Level {
  return order.findLast((level) => findings.some((finding) => finding.level === level)) ?? 'ok';
}

function linesOf({ level, topic, what, where, remedy }: Finding, width: number, look: Look): string[] {
  const margin = ' '.repeat('fail  '.length + width + 2);
  const room = look.columns === undefined ? Number.POSITIVE_INFINITY : look.columns - margin.length;
  const texts = [
    ...broken(printable(what), room),
    ...(where === undefined || what.includes(where) ? [] : [printable(where)]),
    ...(remedy === undefined ? [] : broken(`→ ${printable(remedy)}`, room, '  ')),
  ];
  const head = `${coloured(level.padEnd(6), colours[level], look)}${topic.padEnd(width + 2)}`;
  return texts.map((text, index) => `${index === 0 ? head : margin}${text}`);
}

/** Broken at spaces into lines of at most `room` characters, where words allow it. */
function broken(text: string, room: number, hanging = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && line !== hanging && longer.length > room) {
      lines.push(line);
      line = `${hanging}${word}`;
    } else line = longer;
  }
  return [...lines, line];
}

function verdict(findings: readonly Finding[], look: Look): string {
  const [, warned, failed] = order.map(
    (level) => findings.filter((finding) => finding.level === level).length,
  );
  const warnings = warned ? count(warned, 'warning') : '';
  if (failed) {
    const text = `upsync cannot work like this: ${count(failed, 'failure')}${warnings && `, ${warnings}`}.`;
    return coloured(text, colours.fail, look);
  }
  return warnings
    ? coloured(`Works, with ${warnings}.`, colours.warn, look)
    : coloured('All is well.', colours.ok, look);
}

function coloured(text: string, code: string, { coloured: wanted }: Look): string {
  return wanted ? `\u001b[${code}m${text}\u001b[39m` : text;
}
