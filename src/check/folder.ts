import type { Release } from '../pipeline/release.ts';
import type { FolderFacts } from '../release/folder-facts.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** A release with its manifest may be this large, in bytes, and several stay. */
const enough = 16 * 1024 * 1024;

export function checkFolder(output: string, facts: FolderFacts, live: Release | undefined): Finding[] {
  return [
    facts.problem === undefined
      ? ok(
          'output',
          facts.exists ? `${output} can be written` : `${output} does not exist yet, and can be made`,
        )
      : fail('output', facts.problem),
    ...checkSpace(output, facts),
    ...checkMounts(facts),
    ...checkLinks(facts, live),
  ];
}

function checkSpace(output: string, { free }: FolderFacts): Finding[] {
  if (free === undefined || free >= enough) return [];
  const what = `the disk is nearly full: ${Math.floor(free / 1024)} KiB are free`;
  return [warn('output', { what, where: output, remedy: 'make room, or no further release can be written' })];
}

function checkMounts({ current, proven, links }: FolderFacts): Finding[] {
  return [current, proven, ...links]
    .filter(({ kind }) => kind === 'mount')
    .map(({ path }) =>
      fail('output', {
        what: 'this is a mount of its own, which no rename can replace',
        where: path,
        remedy: 'mount the managed folder as a whole',
      }),
    );
}

function checkLinks({ current, proven, links }: FolderFacts, live: Release | undefined): Finding[] {
  if (current.kind === 'missing')
    return [ok('release', 'none is there yet: the first run of upsync writes one')];
  if (current.kind === 'other') {
    const remedy = 'move it away; upsync makes a link of this name';
    return [fail('release', { what: 'this is no link', where: current.path, remedy })];
  }
  const included = links.filter(({ kind }) => kind !== 'missing');
  if (current.kind === 'dangling') {
    const what = `it leads to ${current.target}, which is not there${included.length > 0 ? ': nginx cannot start' : ''}`;
    return [
      fail('release', {
        what,
        where: current.path,
        remedy: 'start upsync, or run it with --once --apply --seed',
      }),
    ];
  }
  const amiss = links.filter(({ kind, target, wanted }) => kind !== 'mount' && target !== wanted);
  if (amiss.length > 0) {
    return amiss.map(({ path, wanted }) =>
      warn('release', {
        what: `it does not lead to ${wanted}: nginx would start without upsync's upstreams`,
        where: path,
        remedy: 'start upsync, which mends it',
      }),
    );
  }
  if (live === undefined) {
    const what = 'its manifest cannot be read: which servers nginx was given last is not known';
    return [
      warn('release', { what, where: current.path, remedy: 'start upsync, which writes a new release' }),
    ];
  }
  if (proven.target !== current.target) {
    return [
      warn('release', {
        what: `${live.digest} was published, but nginx was never seen to run it`,
        where: current.path,
        remedy:
          "start upsync, which proves it or puts the last proven one back; its log and nginx's error log say why",
      }),
    ];
  }
  return [ok('release', `${live.digest} is what nginx starts with, and was seen to run`)];
}
