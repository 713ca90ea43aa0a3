import type { Report } from './event.ts';
import type { Step, StepTimes } from './outcome.ts';
import type { Clock } from './ports.ts';

/** Times the steps of a pass, and reports each as it is completed. */
export interface Stopwatch {
  /** The step under way. */
  readonly step: Step;
  readonly times: StepTimes;
  /** Ends the step under way and begins `next`. */
  to(next: Step): void;
  /** Ends the step under way. */
  stop(): StepTimes;
}

export function stopwatch(clock: Clock, report: Report): Stopwatch {
  let step: Step = 'render';
  let began = clock.now();
  const times: Partial<Record<Step, number>> = {};
  const lap = () => {
    const now = clock.now();
    times[step] = now - began;
    began = now;
    report({ type: 'progress', step });
  };
  return {
    get step() {
      return step;
    },
    times,
    to(next) {
      lap();
      step = next;
    },
    stop() {
      lap();
      return times;
    },
  };
}
