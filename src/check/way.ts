import type { Way } from '../pipeline/way.ts';
import { type Attempt, type Finding, fail, ok } from './finding.ts';

export interface WayFacts {
  readonly via: 'reload' | 'push' | 'auto';
  /** What `auto` would choose. */
  readonly best: Attempt<Way>;
  /** What is chosen. */
  readonly chosen: Attempt<Way>;
}

/** How changes reach nginx, and whether there is a better way. */
export function checkWay({ via, best, chosen }: WayFacts): Finding[] {
  if ('problem' in chosen) return [fail('via', chosen.problem)];
  const way = chosen.value;
  if (way.kind === 'push') {
    const told = way.isTold
      ? ''
      : '; a log_by_lua of your own at http level keeps it from seeing failures that nginx does not retry';
    return [ok('via', `servers come and go with no reload: nginx balances in Lua${told}`)];
  }
  if (via === 'auto') return [ok('via', `nginx is reloaded for each change: ${way.why}`)];
  const isPossible = 'value' in best && best.value.kind === 'push';
  return isPossible ? [ok('via', 'this nginx could take servers with no reload: set nginx.via to push')] : [];
}
