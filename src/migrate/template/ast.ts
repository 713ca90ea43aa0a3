/** An expression of Go's text/template. `a | f x` is the call `f x a`, as Go calls it. */
export type Expression =
  | { readonly type: 'dot' }
  | { readonly type: 'nothing' }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'number'; readonly text: string }
  | { readonly type: 'truth'; readonly truth: boolean }
  /** The name without its `$`: empty for the data that the template was given. */
  | { readonly type: 'variable'; readonly name: string }
  | { readonly type: 'field'; readonly of: Expression; readonly name: string }
  | { readonly type: 'call'; readonly name: string; readonly args: readonly Expression[] }
  /** A field that is given arguments: a method. */
  | {
      readonly type: 'method';
      readonly of: Expression;
      readonly name: string;
      readonly args: readonly Expression[];
    };

/** Where a tag stands, and how it is laid out in the result. */
export interface Place {
  /** Of the original. */
  readonly line: number;
  /** As it was written, delimiters included. */
  readonly source: string;
  /** The indentation of a tag that has its line to itself; undefined for one that stands within text. */
  readonly own: string | undefined;
}

/** A pipeline, with the variables that it declares (`:=`) or sets (`=`). */
export interface Pipeline {
  readonly names: readonly string[];
  readonly declares: boolean;
  readonly value: Expression;
}

export interface Branch {
  readonly at: Place;
  /** Undefined for `else`. */
  readonly pipeline: Pipeline | undefined;
  readonly body: readonly Node[];
}

export type Node =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'comment'; readonly text: string; readonly at: Place }
  | { readonly type: 'pipeline'; readonly pipeline: Pipeline; readonly at: Place }
  | { readonly type: 'jump'; readonly word: 'break' | 'continue'; readonly at: Place }
  /** `template`, which no `end` closes, and `define` and `block`, whose bodies stay behind. */
  | {
      readonly type: 'named';
      readonly word: 'template' | 'define' | 'block';
      readonly name: string;
      readonly at: Place;
    }
  | {
      readonly type: 'if' | 'with' | 'range';
      /** At least one; only the last may be `else`. */
      readonly branches: readonly Branch[];
      readonly end: Place;
    };

export type Block = Extract<Node, { type: 'if' | 'with' | 'range' }>;
