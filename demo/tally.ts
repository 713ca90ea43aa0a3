import { setTimeout as sleep } from 'node:timers/promises';
import type { Service } from './node.ts';

export interface Answer {
  /** By `performance.now()`. */
  readonly at: number;
  readonly service: Service;
  readonly node: string;
  /** The pid of the nginx worker. */
  readonly worker: string;
}

export interface Loss {
  readonly sentAt: number;
  readonly why: string;
  /** The addresses of the instances that nginx tried, as far as it said. */
  readonly tried: string;
}

/** What became of the requests that were sent during one step. */
export class Tally {
  readonly answers: Answer[] = [];
  readonly losses: Loss[] = [];
  sent = 0;
  /** Sent once more by the client, on a new connection. */
  retried = 0;
  /** Sent to another instance by nginx, as the first one did not answer. */
  rerouted = 0;

  get open(): number {
    return this.sent - this.answers.length - this.losses.length;
  }

  /** Resolves when nothing that was sent is still under way. */
  async settled(): Promise<void> {
    while (this.open > 0) await sleep(5);
  }
}
