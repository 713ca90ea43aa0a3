import { expect, test } from 'vitest';
import { noticeLine } from '../../../src/report/notice-line.ts';

test.each([
  [undefined, 'it answers 503'],
  ['tcp', 'it closes connections at once'],
  ['udp', 'it drops datagrams'],
] as const)('without a server an upstream of %s is told by what clients get', (protocol, answer) => {
  const subject = { upstream: 'db', ...(protocol === undefined ? {} : { protocol }) };
  const empty = { why: 'none registered', registered: 0 } as const;
  expect(noticeLine({ kind: 'down', ...subject, empty }, 0).text).toBe(`db  0 registered, ${answer}`);
  expect(noticeLine({ kind: 'missing', ...subject, servers: 0 }, 0).text).toBe(
    `db  Consul has not answered for it; ${answer}`,
  );
});
