import { constants } from 'node:fs';
import { access, lstat, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Problem } from '../pipeline/problem.ts';
import { problemOf } from '../pipeline/problem.ts';
import { isCode } from './disk.ts';

/**
 * What keeps links from coming to lie at these destinations, outside of the managed folder; `linked` are those that have
 * theirs. Nothing is changed.
 */
export async function obstaclesTo(
  destinations: readonly string[],
  linked: readonly string[],
  output: string,
): Promise<readonly Problem[]> {
  if (destinations.length === 0) return [];
  const mounts = await mountPoints();
  const managed = await realpath(output).catch(() => output);
  const found = await Promise.all(destinations.map((destination) => look(destination, managed, mounts)));
  // Two links in one place would take it from each other for ever.
  const taken = new Set(await Promise.all(linked.map((link) => realPlaceOf(link).catch(() => link))));
  return found.flatMap((one, at) => {
    if ('problem' in one) return one.problem;
    if (taken.has(one.place)) return twin(destinations[at] ?? one.place);
    taken.add(one.place);
    return [];
  });
}

/** By its real name, whatever stands there. */
async function realPlaceOf(destination: string): Promise<string> {
  return join(await realpath(`${dirname(destination)}/`), basename(destination));
}

type Look = { readonly place: string } | { readonly problem: Problem };

async function look(destination: string, managed: string, mounts: ReadonlySet<string>): Promise<Look> {
  const because = (what: string, remedy: string): Look => ({ problem: { what, where: destination, remedy } });
  const elsewhere = 'choose another destination for this template';
  try {
    const place = await realPlaceOf(destination);
    if (`${place}/`.startsWith(`${managed}/`))
      return because('it lies in the managed folder, where only releases write', elsewhere);
    await access(dirname(place), constants.W_OK | constants.X_OK);
    if (mounts.has(place))
      return because(
        'this is a mount of its own, which no rename can replace',
        'mount its folder as a whole',
      );
    const there = await lstat(place).catch(() => undefined);
    if (there === undefined) return { place };
    if (!there.isFile() && !there.isSymbolicLink())
      return because('something stands here that is no file', `move it away, or ${elsewhere}`);
    return { place };
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR'))
      return because('the folder that this file is to lie in does not exist', `make it, or ${elsewhere}`);
    if (isCode(error, 'EACCES'))
      return because(
        'upsync may not write in the folder of this file',
        `run it as a user that may, or ${elsewhere}`,
      );
    return { problem: { ...problemOf(error), where: destination } };
  }
}

function twin(destination: string): Problem {
  return {
    what: 'two templates write this file, by different names',
    where: destination,
    remedy: 'choose another destination for one of them',
  };
}

/** Of this process; the kernel writes spaces and the like in octal. */
async function mountPoints(): Promise<ReadonlySet<string>> {
  const text = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const points = text.split('\n').map((line) => line.split(' ')[4] ?? '');
  return new Set(
    points.map((point) =>
      point.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8))),
    ),
  );
}
