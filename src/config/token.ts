import { stat } from 'node:fs/promises';
import { ProblemError } from '../pipeline/problem.ts';
import type { Environment } from './given.ts';
import { readText } from './read.ts';

/** The ACL token as it is now. Secret: it goes into requests and nowhere else. Rejects with ProblemError where its file holds none. */
export type ReadToken = () => Promise<string | undefined>;

/**
 * The ACL token: of the file where one is named, as Consul's own clients have it, else of
 * CONSUL_HTTP_TOKEN. Neither the token nor the file's path is in an error: the token may have been
 * given where its path was asked for.
 *
 * Who rotates tokens (Vault's agent, say) replaces the file and tells nobody. So it is read each time: a
 * few µs beside a request, and no time stamp to be trusted. What is no regular file, such as a pipe from
 * a password manager, gives its token once.
 */
export async function tokenReader(
  file: { readonly path: string; readonly where: string } | undefined,
  env: Environment,
): Promise<ReadToken> {
  if (file === undefined) {
    const given = env.CONSUL_HTTP_TOKEN ?? '';
    const token = given === '' ? undefined : checked(given, 'CONSUL_HTTP_TOKEN');
    return async () => token;
  }
  const read = async () => checked(await readText(file.path, file.where), file.where);
  const first = await read();
  return (await isRegular(file.path)) ? read : async () => first;
}

async function isRegular(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    // Taken away since it was read: whoever put it there may do so again.
    return true;
  }
}

function checked(text: string, where: string): string {
  const token = text.trim();
  if (token === '') throw new ProblemError({ what: 'holds no token: it is empty', where });
  // It goes into a header.
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new ProblemError({ what: 'holds no token: spaces, line breaks or non-ASCII characters', where });
}
