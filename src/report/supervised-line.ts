import type { Supervised } from '../pipeline/supervise.ts';
import { duration, type Line } from './line.ts';

/** The line of a state of the nginx that upsync itself runs. */
export function supervisedLine(nginx: Supervised, now: number): Line {
  switch (nginx.kind) {
    case 'waiting':
    case 'starting':
      return line('debug', `nginx is ${nginx.kind}`, nginx);
    case 'running':
      return line('info', `nginx started (pid ${nginx.pid})`, nginx);
    case 'adopted':
      return line(
        'warn',
        `nginx runs already (pid ${nginx.pid}): it is followed, and left alone at the end; once it has ended, upsync starts its own`,
        nginx,
      );
    case 'stopping':
      return line(nginx.stage === 'quit' ? 'info' : 'warn', stoppingText(nginx, now), nginx);
    case 'ended':
      return line(
        nginx.why === 'by itself' || nginx.why === 'not started' ? 'error' : 'info',
        endedText(nginx),
        nginx,
      );
  }
}

function line(level: Line['level'], text: string, { kind, ...rest }: Supervised): Line {
  return { level, text, fields: { event: 'nginx', state: kind, ...rest } };
}

function stoppingText({ pid, stage, until }: Extract<Supervised, { kind: 'stopping' }>, now: number): string {
  switch (stage) {
    case 'quit': {
      const time = until === undefined ? 'as long as it takes' : duration(until - now);
      return `nginx (pid ${pid}) is to end: it has ${time} for the requests that it has`;
    }
    case 'term':
      return `nginx (pid ${pid}) has not ended: its requests are cut off (SIGTERM)`;
    case 'kill':
      return `nginx (pid ${pid}) has not ended yet: it is killed`;
  }
}

function endedText({ code, why }: Extract<Supervised, { kind: 'ended' }>): string {
  switch (why) {
    case 'asked':
      return `nginx has ended with code ${code}`;
    case 'by itself':
      return `nginx ended by itself with code ${code}${signalled(code)}: so does upsync`;
    case 'not started':
      return `nginx could not be started: upsync ends with code ${code}`;
    case 'left':
      return 'there is no nginx of its own that upsync would end';
  }
}

function signalled(code: number): string {
  return code > 128 ? ` (signal ${code - 128})` : '';
}
