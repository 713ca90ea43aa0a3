import type { Problem } from '../pipeline/problem.ts';

export function noMaster(pidFile: string | undefined): Problem {
  return {
    what: 'nginx is not running',
    ...(pidFile === undefined ? {} : { where: pidFile }),
    remedy: 'start nginx',
  };
}

/** Where upsync itself starts it. */
export const notYet: Problem = { what: 'nginx is not running yet: it starts once there is a release' };

/** After a `kill -9` of the master its workers go on, hold the ports and serve an old configuration. */
export function orphans(workers: readonly number[]): Problem {
  return {
    what: "nginx's master is gone, but its workers still serve what they have",
    remedy: `end them (kill -QUIT ${list(workers)}), then start nginx`,
  };
}

/** `nginx -s reload` would reach nobody then, or somebody else. */
export function misnamed(pidFile: string, master: number): Problem {
  return {
    what: `its pid file ${pidFile} does not name it`,
    remedy: `mend the file: echo ${master} >${pidFile}`,
  };
}

/** `others` are workers, each with its master where that lives. */
export function beside(others: ReadonlyMap<number, number | undefined>): Problem {
  const masters = new Set([...others.values()].filter((master) => master !== undefined));
  if (masters.size === 0) {
    return {
      what: 'workers of a master that is gone serve beside it',
      remedy: `end them: kill -QUIT ${list(others.keys())}`,
    };
  }
  return {
    what: `another master (pid ${list(masters)}) serves beside it`,
    remedy: `if it is the one before an upgrade, end it: kill -QUIT ${list(masters)}`,
  };
}

function list(pids: Iterable<number>): string {
  return [...pids].sort((a, b) => a - b).join(' ');
}
