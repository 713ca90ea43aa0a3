import { existsSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Report } from '../pipeline/event.ts';
import { placeOf } from '../pipeline/outside.ts';
import type { Problem } from '../pipeline/problem.ts';
import { ProblemError, problemOf } from '../pipeline/problem.ts';
import type { Candidate } from '../pipeline/release.ts';
import { beside, leftBeside } from './beside.ts';
import { isCode, syncPath, targetOf } from './disk.ts';
import { copyAs, heldIn, hold, isNothing, type Kept, save, sweepSaved } from './held.ts';
import type { Layout } from './layout.ts';
import { obstaclesTo } from './obstacles.ts';

type Outside = Pick<Candidate, 'folder' | 'outside'>;

interface LinkOptions {
  readonly report: Report;
  readonly assertLocked: () => Promise<void>;
  /** Those of the live and the proven release whose manifest can be read. */
  readonly known: () => Promise<readonly (Outside | undefined)[]>;
}

/** The links outside of the managed folder, which lead to files of `current` (pipeline/outside.ts has the why). */
export function outsideLinks(layout: Layout, { report, assertLocked, known }: LinkOptions) {
  const targetFor = (destination: string) => join(layout.current, placeOf(destination));
  const isLinked = (destination: string) => targetOf(destination) === targetFor(destination);
  const unlinked = ({ outside = [] }: Pick<Outside, 'outside'>) =>
    outside.filter((destination) => !isLinked(destination));
  const folderOf = (link: string) => {
    const target = targetOf(link);
    const folder = join(layout.releases, basename(target ?? ''));
    return target !== undefined && existsSync(join(folder, 'http.conf')) ? [folder] : [];
  };
  /** The live release, if it is there, and the one that `current` may come to go back to. */
  const folders = () => [...new Set([...folderOf(layout.current), ...folderOf(layout.proven)])];
  /** All links that are there, each with the first of those that holds something for it. */
  const links = () => {
    const held = folders().flatMap((folder) => heldIn(folder).map((link) => [link, folder] as const));
    return new Map(held.toReversed().filter(([link]) => isLinked(link)));
  };
  const isFileOf = (releases: readonly (Outside | undefined)[], folder: string, destination: string) =>
    releases.some((release) => release?.folder === folder && release.outside?.includes(destination));
  /** Said once, though it is tried at every pass. */
  const told = new Set<string>();

  /** Puts the link in the place of whatever is there, of which a copy is saved. */
  async function link(destination: string): Promise<void> {
    const saved = save(layout, destination);
    const fresh = beside(destination);
    try {
      symlinkSync(targetFor(destination), fresh);
      renameSync(fresh, destination);
    } catch (error) {
      rmSync(fresh, { force: true });
      throw cannot(destination, error);
    }
    await syncPath(dirname(destination));
    report({ type: 'progress', step: 'publish', part: destination });
    if (saved !== undefined) report({ type: 'replaced', path: destination, saved });
  }

  async function giveBack(folder: string, destination: string): Promise<void> {
    const held = join(folder, placeOf(destination));
    if (isNothing(held)) rmSync(destination);
    else {
      const fresh = beside(destination);
      copyAs(held, fresh);
      await syncPath(fresh);
      renameSync(fresh, destination);
    }
    await syncPath(dirname(destination));
    report({ type: 'progress', step: 'prove', part: destination });
  }

  return {
    /** What keeps them from coming to be. */
    obstacles: (candidate: Outside): Promise<readonly Problem[]> =>
      obstaclesTo(unlinked(candidate), candidate.outside?.filter(isLinked) ?? [], layout.output),

    /** What a release that has none but these files must hold besides: something for each link that is there. */
    async keptBeside(outside: readonly string[]): Promise<readonly Kept[]> {
      const others = [...links()].filter(([destination]) => !outside.includes(destination));
      if (others.length === 0) return [];
      const releases = await known();
      return others.map(([destination, folder]) => ({
        destination,
        // A file of a release's own is not wanted any more. All else it holds for others.
        from: isFileOf(releases, folder, destination) ? undefined : join(folder, placeOf(destination)),
      }));
    },

    /** Makes links of what is none yet, which change nothing that nginx reads. False where no release is live. */
    async adopt(candidate: Outside): Promise<boolean> {
      const fresh = unlinked(candidate);
      if (fresh.length === 0) return true;
      if (folderOf(layout.current).length === 0) return false;
      await assertLocked();
      const releases = await known();
      for (const destination of fresh) {
        // Somebody put a file of his own in the place of one that it has: it stays as it was tested.
        for (const folder of folders())
          if (!isFileOf(releases, folder, destination)) await hold(folder, destination, destination);
        await link(destination);
      }
      return true;
    },

    /** Makes sure that no link dangles once `current` leads to this release. */
    async secure({ folder }: Outside): Promise<void> {
      for (const destination of links().keys())
        if (!existsSync(join(folder, placeOf(destination)))) await hold(folder, destination, undefined);
    },

    /** Makes the links of the live release that are not as they should be. */
    async mend(): Promise<void> {
      const [live] = await known();
      for (const destination of unlinked(live ?? {})) {
        await assertLocked();
        await link(destination);
      }
    },

    /** What is not as it should be of a release's links. */
    damage({ outside = [] }: Outside): Problem | undefined {
      const lost = outside.find((destination) => !isLinked(destination) || !existsSync(destination));
      return lost === undefined ? undefined : replaced(lost);
    },

    /** Takes the links away that nginx, which runs this release, has no more use for. What hinders it is reported. */
    async letGo({ folder, outside = [] }: Outside): Promise<void> {
      const others = heldIn(folder).filter(
        (destination) => !outside.includes(destination) && isLinked(destination),
      );
      // Where the proven one and the live one differ, the other one may have a use for them.
      if (others.length === 0 || folders().join() !== folder) return;
      await assertLocked();
      for (const destination of others) {
        try {
          await giveBack(folder, destination);
        } catch (error) {
          if (!told.has(destination))
            report({ type: 'problem', problem: cannot(destination, error).problem });
          told.add(destination);
        }
      }
    },

    /** Takes all links away, where nothing is to come in their place. */
    async drop(): Promise<void> {
      for (const destination of links().keys()) {
        rmSync(destination);
        await syncPath(dirname(destination));
      }
    },

    /** Removes what a killed process left beside the links, and old copies of what stood there. */
    sweep(): void {
      sweepSaved(layout);
      for (const path of folders().flatMap(heldIn).flatMap(leftBeside)) rmSync(path, { force: true });
    },
  };
}

function cannot(destination: string, error: unknown): ProblemError {
  const problem = isCode(error, 'EBUSY')
    ? {
        what: 'this is a mount of its own, which no rename can replace',
        remedy: 'mount its folder as a whole',
      }
    : problemOf(error);
  return new ProblemError({ ...problem, where: destination }, { cause: error });
}

function replaced(path: string): Problem {
  return {
    what: "this is no longer upsync's link, and is made again",
    where: path,
    remedy: 'edit the template that makes it instead',
  };
}
