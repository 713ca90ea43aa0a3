import { quoted } from '../pipeline/admission.ts';

/** So few characters are no secret, and are in many a text by chance. */
const least = 4;

/** In characters: a message may hold what a template handed over. */
const longest = 500;

/**
 * What an error calls a text: by whose it is (`foreign`: where a text is from) where it is that of a key or variable, a piece
 * of one or made of one. It may be a secret, and errors go into the log and on the page. Any other text is quoted, cut.
 */
export function calledBy(foreign: ReadonlyMap<string, string>): (text: string) => string {
  return (text) => {
    const own = foreign.get(text);
    if (own !== undefined) return `the text of ${own}`;
    const inJson = JSON.stringify(text).slice(1, -1);
    const whose = [...foreign].find(
      ([other]) => hold(other, text) || hold(other, inJson) || hold(text, other.trim()),
    )?.[1];
    return whose === undefined ? quoted(text) : `a text made of that of ${whose}`;
  };
}

function hold(text: string, piece: string): boolean {
  return piece.length >= least && text.includes(piece);
}

/**
 * The message of an error, cut. That of a SyntaxError, as `JSON.parse` and `new RegExp` throw it, quotes what they were
 * given, which may be a secret: that part is left out.
 */
export function messageOf(error: Error): string {
  const { message } = error;
  if (!(error instanceof SyntaxError))
    return message.length > longest ? `${message.slice(0, longest)}…` : message;
  return message.replace(/(\.{3})?["/].*["/](\.{3})?/s, '…');
}
