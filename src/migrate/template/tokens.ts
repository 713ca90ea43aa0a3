/** What stands between `{{` and `}}`, cut as Go's text/template cuts it. */
export type Token = {
  /** Whether blanks stand before it: `.A.B` is one field of another, `.A .B` are two. */
  readonly spaced: boolean;
} & (
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'word'; readonly name: string }
  | { readonly kind: '.' | '|' | '(' | ')' | ':=' | '=' | ',' }
);

/** A stretch of a template. `source` is the whole action as it was written, delimiters included. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string; readonly line: number }
  | {
      readonly kind: 'action';
      readonly tokens: readonly Token[];
      /** A comment has no tokens, and this text. */
      readonly comment?: string;
      readonly source: string;
      readonly line: number;
      /** `{{-` and `-}}`: the blanks before it and behind it go. */
      readonly trimsBefore: boolean;
      readonly trimsAfter: boolean;
    };

export type Action = Extract<Piece, { kind: 'action' }>;
