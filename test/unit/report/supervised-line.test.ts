import { expect, test } from 'vitest';
import type { Supervised } from '../../../src/pipeline/supervise.ts';
import { supervisedLine } from '../../../src/report/supervised-line.ts';

const quitting = { kind: 'stopping', pid: 7, stage: 'quit', until: 31_000 } as const;

test.each<[level: string, text: string, nginx: Supervised]>([
  ['debug', 'nginx is starting', { kind: 'starting' }],
  ['info', 'nginx started (pid 7)', { kind: 'running', pid: 7 }],
  [
    'warn',
    'nginx runs already (pid 7): it is followed, and left alone at the end; once it has ended, upsync starts its own',
    { kind: 'adopted', pid: 7 },
  ],
  ['info', 'nginx (pid 7) is to end: it has 30 s for the requests that it has', quitting],
  [
    'info',
    'nginx (pid 7) is to end: it has as long as it takes for the requests that it has',
    { ...quitting, until: undefined },
  ],
  ['warn', 'nginx (pid 7) has not ended: its requests are cut off (SIGTERM)', { ...quitting, stage: 'term' }],
  ['warn', 'nginx (pid 7) has not ended yet: it is killed', { ...quitting, stage: 'kill' }],
  ['info', 'nginx has ended with code 0', { kind: 'ended', code: 0, why: 'asked' }],
  [
    'error',
    'nginx ended by itself with code 137 (signal 9): so does upsync',
    { kind: 'ended', code: 137, why: 'by itself' },
  ],
  [
    'error',
    'nginx could not be started: upsync ends with code 127',
    { kind: 'ended', code: 127, why: 'not started' },
  ],
  ['info', 'there is no nginx of its own that upsync would end', { kind: 'ended', code: 0, why: 'left' }],
])('%s: %s', (level, text, nginx) => {
  const { kind: state, ...rest } = nginx;
  expect(supervisedLine(nginx, 1_000)).toEqual({
    level,
    text,
    fields: { event: 'nginx', state, ...rest },
  });
});
