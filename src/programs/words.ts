import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { stripVTControlCharacters } from 'node:util';

const keptBytes = 16_384;
/** What a program started in the background may hold its output open: it is not waited for longer than this, in ms. */
const patience = 100;
const toldLines = 5;
const toldLength = 300;

/** Keeps the last of what comes. The function is for after the program's end, and gives it. */
export function listenTo(...streams: readonly Readable[]): () => Promise<string> {
  let kept = Buffer.alloc(0);
  for (const stream of streams)
    stream.on('data', (chunk: Buffer) => {
      kept = Buffer.concat([kept, chunk]).subarray(-keptBytes);
    });
  const ended = Promise.allSettled(streams.map((stream) => finished(stream)));
  return async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, patience);
    await Promise.race([ended, promise]);
    clearTimeout(timer);
    // Who goes on to write is read all the same, or it would stop: but it does not keep upsync.
    for (const stream of streams) if ('unref' in stream && typeof stream.unref === 'function') stream.unref();
    return kept.toString();
  };
}

/** The last lines of a program's output, in one: no control characters, and no more than a person reads. */
export function lastWords(output: string): string {
  return stripVTControlCharacters(output)
    .split(/[\r\n]+/)
    .map((line) => line.replaceAll(/\p{Cc}/gu, ' ').trim())
    .filter((line) => line !== '')
    .slice(-toldLines)
    .map((line) => (line.length > toldLength ? `${line.slice(0, toldLength)}…` : line))
    .join('; ');
}
