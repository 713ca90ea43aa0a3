import { readFile } from 'node:fs/promises';
import { ProblemError } from '../pipeline/problem.ts';

/** The text of a file. Throws ProblemError in words, at `where`; neither holds what the file holds. */
export async function readText(path: string, where: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new ProblemError({ what: reasons[code] ?? `cannot be read (${code})`, where });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EACCES: 'may not be read by this user',
  EISDIR: 'a folder, not a file',
};
