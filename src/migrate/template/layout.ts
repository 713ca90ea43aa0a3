import type { Action, Piece } from './tokens.ts';

/** A stretch of a template, its blanks trimmed as its tags ask for it. */
export type Laid =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'action';
      readonly action: Action;
      /** The indentation of a tag that has its line to itself; undefined for one that stands within text. */
      readonly own: string | undefined;
    };

const KEYWORDS = new Set([
  'if',
  'else',
  'end',
  'range',
  'with',
  'define',
  'template',
  'block',
  'break',
  'continue',
]);

/**
 * Go trims blanks as it reads, so they are trimmed here for good. A tag that writes nothing and shares its line with
 * such tags alone keeps that line, without leaving a blank one in the result: that is what `{{-` is written for, and
 * what upsync does by itself with the end of a line behind `<% … %>`. In nginx's configuration, where a line ends
 * as well as any blank, this holds for `{{- … -}}` behind a `;` or a brace too.
 */
export function lay(pieces: readonly Piece[], isNginx: boolean): readonly Laid[] {
  const groups = ownLines(pieces, isNginx);
  return pieces.map((piece, index): Laid => {
    if (piece.kind === 'action') return { kind: 'action', action: piece, own: indentOf(index) };
    return { kind: 'text', text: textAt(piece.text, index) };
  });

  function indentOf(index: number): string | undefined {
    const group = groups.get(index);
    if (group === undefined) return undefined;
    const before = pieces[group.first - 1];
    return before?.kind === 'text' ? (/[ \t]*$/.exec(before.text)?.[0] ?? '') : '';
  }

  function textAt(original: string, index: number): string {
    const [before, behind] = [pieces[index - 1], pieces[index + 1]];
    const [ownBefore, ownBehind] = [groups.get(index - 1), groups.get(index + 1)];
    // Between two tags of one line.
    if (ownBefore !== undefined && ownBefore === ownBehind) return '';
    let text = ownBefore === undefined ? original : original.replace(/^[ \t]*\r?\n/, '');
    if (before?.kind === 'action' && before.trimsAfter) text = text.trimStart();
    if (ownBehind !== undefined) text = text.replace(/[ \t]+$/, '');
    if (behind?.kind !== 'action' || !behind.trimsBefore) return text;
    const trimmed = text.trimEnd();
    const isFirst = trimmed === '' && (before === undefined || ownBefore !== undefined);
    return ownBehind === undefined || isFirst ? trimmed : `${trimmed}\n`;
  }
}

interface Group {
  readonly first: number;
}

/** The tags that share a line with nothing else, each with the first of its line. */
function ownLines(pieces: readonly Piece[], isNginx: boolean): ReadonlyMap<number, Group> {
  const groups = new Map<number, Group>();
  for (let first = 0; first < pieces.length; first += 1) {
    if (!startsLine(pieces, first)) continue;
    let last = first;
    const members: number[] = [];
    while (isSilent(pieces[last])) {
      members.push(last);
      const gap = pieces[last + 1];
      if (gap?.kind === 'text' && /^[ \t]*$/.test(gap.text) && isSilent(pieces[last + 2])) last += 2;
      else if (isSilent(gap)) last += 1;
      else break;
    }
    if (members.length > 0 && endsLine(pieces, last) && mayPart(pieces, first, last, isNginx)) {
      const group = { first };
      for (const member of members) groups.set(member, group);
    }
    first = Math.max(first, last);
  }
  return groups;
}

/** Whether a tag writes nothing by itself. */
function isSilent(piece: Piece | undefined): boolean {
  if (piece?.kind !== 'action') return false;
  const [first, second, third] = piece.tokens;
  if (piece.comment !== undefined) return true;
  if (first?.kind === 'word' && KEYWORDS.has(first.name)) return true;
  if (first?.kind === 'word' && first.name === 'scratch' && second?.kind === 'field')
    return second.name !== 'Get';
  return (
    first?.kind === 'variable' && (second?.kind === ':=' || second?.kind === '=' || third?.kind === ':=')
  );
}

function startsLine(pieces: readonly Piece[], index: number): boolean {
  if (!isSilent(pieces[index])) return false;
  const before = pieces[index - 1];
  if (before === undefined) return true;
  return (
    before.kind === 'text' && (/\n[ \t]*$/.test(before.text) || (index === 1 && /^[ \t]*$/.test(before.text)))
  );
}

function endsLine(pieces: readonly Piece[], index: number): boolean {
  const behind = pieces[index + 1];
  if (behind === undefined) return true;
  if (behind.kind !== 'text') return false;
  return /^[ \t]*\r?\n/.test(behind.text) || (pieces[index + 2] === undefined && behind.text.trim() === '');
}

/** `{{- … -}}` joins what stands around it, which only matters where both are parts of one word. */
function mayPart(pieces: readonly Piece[], first: number, last: number, isNginx: boolean): boolean {
  const [opening, closing, before] = [pieces[first], pieces[last], pieces[first - 1]];
  if (opening?.kind !== 'action' || closing?.kind !== 'action') return false;
  if (!opening.trimsBefore || !closing.trimsAfter || before === undefined) return true;
  const line = before.kind === 'text' ? (before.text.trimEnd().split('\n').at(-1) ?? '') : '';
  return isNginx && /[;{}]$/.test(line) && !line.includes('#');
}
