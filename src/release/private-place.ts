import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where candidates are staged that will not be published. */
export interface PrivatePlace extends AsyncDisposable {
  readonly staging: string;
  assertHeld(): Promise<void>;
}

/** A folder in the system's temporary one, with all in it gone in the end. */
export async function privatePlace(prefix: string): Promise<PrivatePlace> {
  const staging = await mkdtemp(join(tmpdir(), prefix));
  return {
    staging,
    assertHeld: async () => {
      throw new Error('a dry run publishes nothing');
    },
    [Symbol.asyncDispose]: () => rm(staging, { recursive: true, force: true }),
  };
}
