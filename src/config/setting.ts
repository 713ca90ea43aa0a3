/** One scalar of the configuration: a key of `upsync.yaml`, a flag and an environment variable at once. */
export interface Setting {
  readonly flag: string;
  /** What stands for the value in `--help`. */
  readonly value: string;
  /** Serves `--help` and the JSON Schema. */
  readonly help: string;
  /** As one would write it in `upsync.yaml`; its type is the one that a flag's text is read as. */
  readonly fallback?: string | number | boolean;
}
