/** Writes an Eta template piece by piece, each tag where it stood. */
export interface Writer {
  text(text: string): void;
  /** `<%= … %>` or, raw, `<%~ … %>`. */
  value(code: string, raw: boolean): void;
  /** `<% … %>`, on a line of its own with this indentation, or within text. */
  code(code: string, own: string | undefined): void;
  /**
   * Where a double quote has just opened a word of nginx's: takes it away, and the one that the next text begins
   * with. False where none has.
   */
  unquote(): boolean;
  /** What was written so far. */
  written(): string;
}

export function createWriter(): Writer {
  let written = '';
  /** Eta takes the end of a line behind code away: behind a tag within text it is written twice. */
  let isBehindCode = false;
  /** A quote at the start of the next text closes one that was taken away. */
  let isUnquoted = false;

  const add = (text: string) => {
    written += text;
    isBehindCode = false;
  };
  return {
    text(given) {
      const text = isUnquoted && given.startsWith('"') ? given.slice(1) : given;
      isUnquoted = false;
      // It is the template's own, and may hold what opens a tag of Eta's.
      const safe = text.replaceAll('<%', "<%~ '<' %>%");
      if (safe !== '') add(isBehindCode && safe.startsWith('\n') ? `\n${safe}` : safe);
    },
    value(code, raw) {
      add(`<%${raw ? '~' : '='} ${code} %>`);
    },
    code(code, own) {
      const isOwn = own !== undefined && (written === '' || written.endsWith('\n'));
      add(isOwn ? `<%${own.replaceAll('\t', '  ')} ${code} %>\n` : `<% ${code} %>`);
      isBehindCode = !isOwn;
    },
    unquote() {
      const line = written.slice(written.lastIndexOf('\n') + 1);
      isUnquoted = /(^|\s)"$/.test(line) && (line.match(/"/g)?.length ?? 0) % 2 === 1;
      if (isUnquoted) written = written.slice(0, -1);
      return isUnquoted;
    },
    written: () => written,
  };
}
