import { ProblemError } from '../pipeline/problem.ts';
import type { Environment } from './given.ts';
import { readText } from './read.ts';

/**
 * The ACL token: of the file where one is named, as Consul's own clients have it, else of
 * CONSUL_HTTP_TOKEN. Neither the token nor the file's path is in an error: the token may have been
 * given where its path was asked for.
 */
export async function readToken(
  file: { readonly path: string; readonly where: string } | undefined,
  env: Environment,
): Promise<string | undefined> {
  if (file !== undefined) return checked(await readText(file.path, file.where), file.where);
  const token = env.CONSUL_HTTP_TOKEN ?? '';
  return token === '' ? undefined : checked(token, 'CONSUL_HTTP_TOKEN');
}

function checked(text: string, where: string): string {
  const token = text.trim();
  if (token === '') throw new ProblemError({ what: 'holds no token: it is empty', where });
  // It goes into a header.
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new ProblemError({ what: 'holds no token: spaces, line breaks or non-ASCII characters', where });
}
