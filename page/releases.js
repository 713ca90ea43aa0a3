import { look, make, part, say } from './dom.js';
import { count, duration, printable, timeOfDay } from './words.js';

/** @typedef {import('../src/status/schema.ts').Status} Status */
/** @typedef {Status['releases'][string]} Release */
/** @typedef {Release['changes'][number]} Change */

/** So many are shown until a person asks for more. */
const newest = 8;
/** A release names so many servers of an upstream, and so many upstreams. */
const named = 4;
const namedUpstreams = 6;

/** The timeline, the newest first. */
export function releaseList() {
  const list = part('releases', HTMLElement);
  const older = part('older', HTMLButtonElement);
  /** @type {Map<string, { readonly release: Release, readonly element: HTMLElement }>} */
  const shown = new Map();
  let all = false;
  older.addEventListener('click', () => {
    all = !all;
    fold();
  });

  function fold() {
    list.classList.toggle('all', all);
    older.hidden = shown.size <= newest;
    older.setAttribute('aria-expanded', String(all));
    say(older, all ? `Only the newest ${newest}` : `All ${shown.size}`);
  }

  return {
    /** @param {Status} status */
    show({ releases, time }) {
      let changed = false;
      for (const [number, { release, element }] of shown) {
        if (releases[number] === release) continue;
        element.remove();
        shown.delete(number);
        changed = true;
      }
      // Ascending, since they are numbers.
      for (const [number, release] of Object.entries(releases)) {
        if (shown.has(number)) continue;
        const element = entry(release, time);
        list.prepend(element);
        shown.set(number, { release, element });
        changed = true;
      }
      if (changed) fold();
    },
  };
}

/** @param {Release} release */
function resultWords({ result, changeToLive, times }) {
  if (result === 'rolledBack') return `rolled back${times > 1 ? ` ${times} times` : ''}`;
  if (result === 'published') return 'written, nginx does not run';
  return changeToLive === null ? 'live' : `live after ${duration(changeToLive)}`;
}

/**
 * @param {Release} release
 * @param {number} now
 */
function entry(release, now) {
  const { at, digest, steps, by, changes, problem, result } = release;
  const when = make('time', '', timeOfDay(at, now));
  when.dateTime = new Date(at).toISOString();
  const list = make('ul', '');
  for (const change of changes.slice(0, namedUpstreams)) list.append(changeItem(change));
  if (changes.length > namedUpstreams)
    list.append(make('li', 'more', `and ${count(changes.length - namedUpstreams, 'more upstream')}`));
  if (problem !== null) list.append(make('li', 'left', printable(problem.what)));
  else if (changes.length === 0) list.append(make('li', 'more', 'the same servers'));
  const took = [
    `release ${digest.slice(0, 8)}`,
    ...(steps.test === undefined ? [] : [`test ${duration(steps.test)}`]),
    ...(steps.prove === undefined ? [] : [`${by ?? 'reload'} ${duration(steps.prove)}`]),
  ];
  const head = make('p', 'when', when, ' ', make('strong', '', resultWords(release)));
  const item = make('li', '', head, list, make('p', 'took', took.join(' · ')));
  look(item, `release ${result}`);
  return item;
}

/** @param {Change} change */
function changeItem({ upstream, gone, joined, left, changed, up }) {
  const item = make('li', '', make('b', '', printable(upstream)), ' ');
  if (gone) {
    item.append('is gone');
    return item;
  }
  item.append(
    ...names('+', 'joined', joined),
    ...names('−', 'left', left),
    ...names('~', 'changed', changed),
  );
  item.append(make('span', 'more', `→\u00a0${up}\u00a0up`));
  return item;
}

/**
 * @param {string} sign
 * @param {'joined' | 'left' | 'changed'} what
 * @param {Change['joined']} who
 */
function names(sign, what, { count: number, servers }) {
  if (number === 0) return [];
  const words = servers.slice(0, named).map(({ address, node }) => printable(`${address} (${node})`));
  const rest = number - words.length;
  if (rest > 0) words.push(words.length === 0 ? `${rest}` : `${rest} more`);
  const mark = make('span', 'sign', sign);
  mark.ariaHidden = 'true';
  return [make('span', what, mark, ` ${what} ${words.join(', ')}`), ' '];
}

/**
 * The newest change of servers, in a few words.
 * @param {Status['releases']} releases
 */
export function newestChange(releases) {
  return Object.values(releases).findLast(({ changes }) => changes.length > 0);
}

/** @param {Release} release */
export function shortly(release) {
  const { changes } = release;
  const words = changes.slice(0, 2).map(({ upstream, gone, joined, left, changed }) => {
    const numbers = [
      ...(joined.count > 0 ? [`+${joined.count}`] : []),
      ...(left.count > 0 ? [`−${left.count}`] : []),
      ...(changed.count > 0 ? [`${changed.count} changed`] : []),
    ];
    return `${printable(upstream)} ${gone ? 'gone' : numbers.join(' ')}`;
  });
  const more = changes.length - words.length;
  return `${words.join(', ')}${more > 0 ? ` and ${more} more` : ''}: ${resultWords(release)}`;
}
