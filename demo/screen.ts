import { styleText } from 'node:util';
import { wrap } from './wrap.ts';

/** What the person sees: coloured and wrapped on a terminal, plain whole lines elsewhere. */
export interface Screen {
  readonly coloured: boolean;
  title(text: string): void;
  headline(count: string, text: string): void;
  say(text: string): void;
  fact(label: string, text: string): void;
  /** To be copied, so it is never broken into lines. */
  command(text: string): void;
  /** A line of upsync's own log, as it came. */
  upsync(line: string): void;
  /** How a step went. */
  result(text: string, good: boolean): void;
  /** The lines of which `isBad` holds stand out; the first one is the header. */
  table(lines: readonly string[], isBad: (index: number) => boolean): void;
  note(text: string): void;
  closing(text: string, good: boolean): void;
  blank(): void;
  /** Shows no more of upsync's log. */
  mute(): void;
}

export interface Terminal {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  hasColors?(): boolean;
}

type Style = Parameters<typeof styleText>[0];

/** What stands before a text's first line, and before the others; the longer one is `width` wide. */
interface Margin {
  readonly width: number;
  readonly first: string;
  readonly rest: string;
}

export function createScreen(out: Terminal): Screen {
  const terminal = out.isTTY === true;
  // Node looks at NO_COLOR, FORCE_COLOR and TERM.
  const coloured = terminal && out.hasColors?.() === true;
  let muted = false;

  const paint = (style: Style, text: string) =>
    coloured && style !== 'reset' ? styleText(style, text, { validateStream: false }) : text;
  const margin = (text: string, style: Style = 'reset'): Margin => ({
    width: text.length,
    first: paint(style, text),
    rest: ' '.repeat(text.length),
  });
  const print = (text: string, style: Style = 'reset', { width, first, rest } = margin('')) => {
    const room = terminal ? (out.columns ?? 80) - width : Number.POSITIVE_INFINITY;
    const lines = wrap(text, room).map((line) => paint(style, line));
    out.write(`${first}${lines.join(`\n${rest}`)}\n`);
  };

  return {
    coloured,
    title: (text) => print(text, 'bold'),
    headline(count, text) {
      out.write('\n');
      print(text, 'bold', margin(`${count}  `, 'dim'));
    },
    say: (text) => print(text, 'reset', margin('     ')),
    fact: (label, text) => print(text, 'reset', margin(`     ${label.padEnd(12)}`, 'dim')),
    command: (text) => out.write(`       ${paint('cyan', text)}\n`),
    upsync(line) {
      if (muted) return;
      const bar = 'upsync │ ';
      const first = paint('dim', bar);
      print(line, 'reset', { width: bar.length + 2, first, rest: `${first}  ` });
    },
    result: (text, good) =>
      print(text, good ? 'green' : 'red', margin(good ? '   ✓ ' : '   ✗ ', good ? 'green' : 'red')),
    table(lines, isBad) {
      out.write('\n');
      for (const [index, line] of lines.entries()) {
        out.write(`${paint(index === 0 ? 'bold' : isBad(index) ? 'red' : 'reset', line)}\n`);
      }
      out.write('\n');
    },
    note: (text) => print(text, 'dim'),
    closing: (text, good) => print(text, ['bold', good ? 'green' : 'red']),
    blank: () => out.write('\n'),
    mute() {
      muted = true;
    },
  };
}
