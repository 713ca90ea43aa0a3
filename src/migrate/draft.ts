/** The configuration that is being made, and what is to be said of it. */
export interface Draft {
  /** Sets a key of upsync.yaml by its dotted path; `comment` goes above it. */
  set(key: string, value: unknown, comment?: string): void;
  /** A file beside upsync.yaml; nobody but its owner reads it where it is secret. */
  write(path: string, text: string, isSecret?: boolean): void;
  say(kind: Said['kind'], text: string, where?: string): void;
}

export interface Said {
  /**
   * `done`: what became what, and begins with the path of what was written. `left`: what upsync does not need. `open`: what is left to whoever migrates.
   */
  readonly kind: 'done' | 'left' | 'open';
  readonly text: string;
  /** `file:line` of the original. */
  readonly where?: string;
}

export interface File {
  readonly path: string;
  readonly text: string;
  readonly isSecret: boolean;
}

export interface Drafted extends Draft {
  readonly root: Tree;
  readonly comments: ReadonlyMap<string, string>;
  readonly files: readonly File[];
  readonly said: readonly Said[];
}

interface Tree {
  [key: string]: unknown;
}

export function createDraft(): Drafted {
  const root: Tree = {};
  const comments = new Map<string, string>();
  const files: File[] = [];
  const said: Said[] = [];
  return {
    root,
    comments,
    files,
    said,
    set(key, value, comment) {
      const path = key.split('.');
      const last = path.pop() ?? '';
      let tree = root;
      for (const part of path) {
        const there = tree[part];
        const inner = isTree(there) ? there : {};
        tree[part] = inner;
        tree = inner;
      }
      tree[last] = value;
      if (comment !== undefined) comments.set(key, comment);
    },
    write: (path, text, isSecret = false) => files.push({ path, text, isSecret }),
    say(kind, text, where) {
      if (said.some((one) => one.text === text && one.where === where)) return;
      said.push({ kind, text, ...(where === undefined ? {} : { where }) });
    },
  };
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
