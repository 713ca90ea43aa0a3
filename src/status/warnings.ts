import { few } from '../pipeline/few.ts';
import type { Notice } from '../pipeline/outcome.ts';
import { type Problem, sentence } from '../pipeline/problem.ts';
import { duration } from '../report/line.ts';
import { noticeLine } from '../report/notice-line.ts';
import type { State } from './state.ts';

/** So many of one kind are told; the rest is counted. */
const told = 10;

/** All that is not as it should be at `now`, the worst first, in the words of the log. */
export function warnings(state: State, now: number): string[] {
  return [
    ...ofNginx(state),
    ...ofBlock(state, now),
    ...ofWaiting(state, now),
    ...ofConsul(state, now),
    ...cut(state.notices.filter((notice) => !isOfInstance(notice)).map((notice) => say(notice, now))),
    ...cut(state.notices.filter(isOfInstance).map((notice) => say(notice, now))),
    ...ofUnits(state, now),
    ...ofListening(state),
  ];
}

function isOfInstance({ kind }: Notice): boolean {
  return kind === 'leftOut' || kind === 'doubtful';
}

function say(notice: Notice, now: number): string {
  return noticeLine(notice, now).text;
}

function ofNginx({ nginx, serving }: State): string[] {
  const trouble = nginx.problem === undefined ? [] : [sentence(nginx.problem)];
  if (nginx.state === 'stopped') return trouble.length > 0 ? trouble : ['nginx is not running'];
  if (nginx.state === 'running' && serving !== undefined && nginx.release !== serving.digest) {
    const runs = nginx.release === undefined ? 'none of our releases' : `release ${nginx.release}`;
    return [`nginx runs ${runs}, not ${serving.digest}`, ...trouble];
  }
  return trouble;
}

const kept = {
  rejected: 'the newest change is rejected',
  rolledBack: 'the newest release was rolled back',
  failed: 'the newest change fails',
} as const;

function ofBlock({ blocked }: Pick<State, 'blocked'>, now: number): string[] {
  if (blocked === undefined) return [];
  const since = duration(now - blocked.since);
  return blocked.problems.map(
    (problem) => `${kept[blocked.by]} at ${blocked.at}, for ${since} now: ${sentence(problem)}`,
  );
}

/** What ends by itself is no fault. */
function ofWaiting({ waiting }: State, now: number): string[] {
  if (waiting === undefined || 'until' in waiting) return [];
  const since = duration(now - waiting.since);
  return [`templates wait for ${waiting.why}, for ${since} now: nothing else goes live meanwhile`];
}

/** What fails for the same reason is said once. */
function ofConsul({ queries }: State, now: number): string[] {
  const failing = [...queries].flatMap(([key, { failing }]) =>
    failing === undefined ? [] : [{ key, ...failing }],
  );
  const alike = Map.groupBy(failing, ({ key, problem }) => `${reason(problem)} ${key.split(':', 1)[0]}`);
  const lines = [...alike.values()].map((group) => {
    const [first] = group;
    if (first === undefined) return '';
    const since = Math.min(...group.map((one) => one.since));
    const others = group.length === 1 ? '' : ` and ${group.length - 1} more`;
    return `${first.key}${others}  ${sentence(first.problem)} (for ${duration(now - since)}; ${first.meanwhile} meanwhile)`;
  });
  return cut(lines);
}

/** Without the number that it grows by. */
function reason({ what }: Problem): string {
  return what.replaceAll(/\d+/g, '#');
}

function ofUnits({ units }: State, now: number): string[] {
  return [...units].flatMap(([name, unit]) => {
    const lacks =
      unit.lacking.length === 0 ? [] : [`waiting for ${few(unit.lacking)}, which templates ask for`];
    const odd = cut(unit.notices.map((notice) => say(notice, now)));
    return [...ofBlock(unit, now), ...lacks, ...odd].map((text) => `${name}: ${text}`);
  });
}

function ofListening({ listening }: State): string[] {
  if (listening?.problem === undefined) return [];
  return [`no status at ${listening.at}: ${sentence(listening.problem)}`];
}

function cut(lines: readonly string[]): string[] {
  return lines.length <= told
    ? [...lines]
    : [...lines.slice(0, told), `… and ${lines.length - told} more like this`];
}
