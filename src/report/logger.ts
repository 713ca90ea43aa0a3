import pino from 'pino';
import { isColoured } from './colour.ts';
import { type Line, printable } from './line.ts';

export interface LoggerOptions {
  readonly level: string;
  /** `auto`: pretty on a terminal, JSON lines elsewhere. */
  readonly format: 'auto' | 'pretty' | 'json';
}

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Writes lines through pino: JSON lines with `level`, ISO `time`, `event` and `msg`, or coloured text. */
export async function createWriter(
  { level, format }: LoggerOptions,
  out: Output,
  env: Env,
): Promise<(line: Line) => void> {
  const pretty = format === 'pretty' || (format === 'auto' && out.isTTY === true);
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pretty ? await prettified(out, isColoured(out, env)) : out,
  );
  return ({ level, text, fields }) => logger[level](fields, printable(text));
}

/** Loaded only where it is asked for: it costs memory that a sidecar can do without. */
async function prettified(out: Output, colorize: boolean): Promise<Output> {
  const { prettyFactory } = await import('pino-pretty');
  const prettify = prettyFactory({
    colorize,
    translateTime: 'SYS:HH:MM:ss.l',
    hideObject: true,
    ignore: 'pid,hostname',
  });
  return { write: (text) => out.write(prettify(text)) };
}
