import { expect, test } from 'vitest';
import { statusText } from '../../../src/status/text.ts';
import { server, upstreamPlan } from '../pipeline/given.ts';
import {
  configured,
  failed,
  published,
  reconciled,
  releaseOf,
  running,
  stateAfter,
  statusAt,
  well,
} from './told.ts';

test('a line for each upstream, and the last releases, the newest first', () => {
  const changes = [
    {
      upstream: 'api',
      gone: false,
      joined: [],
      left: [server(7)],
      changed: [server(8)].map((one) => ({ before: one, after: one })),
      up: 1,
    },
    {
      upstream: 'web1',
      gone: false,
      joined: [1, 2, 3, 4].map((last) => server(last)),
      left: [],
      changed: [],
      up: 4,
    },
  ];
  const more = reconciled(published(releaseOf('b', 4), { changes }), { changeToLive: 88 });
  const text = statusText(statusAt(63_000, stateAfter(...well, [3_000, more], [4_000, running('b', 1)])));
  expect(text).toBe(`upsync 1.2.3, up 63 s, ready
nginx runs release b, 1 old generation drains; 1 reload
Consul at http://127.0.0.1:8500 answers

UPSTREAM  SERVERS  FROM  IN CONSUL  ANSWERED
api       1 up     live  1 passing  63 s ago
web1      4 up     live  2 passing  63 s ago

RELEASE  WHEN      LIVE AFTER  TEST   BY             WHAT
b        60 s ago  88 ms       12 ms  reload 105 ms  api −10.0.0.7:80 ~10.0.0.8:80, web1 +4
a        63 s ago  121 ms      12 ms  reload 105 ms  web1 +10.0.0.1:80
`);
});

test('what is not http is told with its name', () => {
  const db = upstreamPlan({ name: 'db', service: 'db', protocol: 'tcp' });
  const text = statusText(statusAt(0, stateAfter([0, { ...configured, upstreams: [db, upstreamPlan()] }])));
  expect(text).toMatch(/^db \(tcp\) +0 up +none/m);
  expect(text).toMatch(/^web1 +0 up +none/m);
});

test('how changes reach nginx is told, and of each release which way it went', () => {
  const pushing = { ...configured, terms: { ...configured.terms, via: 'push' as const } };
  const proof = { kind: 'proven', by: 'answers', workers: 2, draining: 0, pushed: true } as const;
  const pushed = reconciled(published(releaseOf('b', 3), { proof, steps: { prove: 2.4 } }), {
    changeToLive: 7,
  });
  const text = statusText(
    statusAt(
      63_000,
      stateAfter(
        ...well,
        [1_500, pushing],
        [2_990, { type: 'applied', digest: 'b', proof: 'proven', pushed: true }],
        [3_000, pushed],
      ),
    ),
  );
  expect(text).toContain('\nnginx runs release b; changes by push: 1 push, 1 reload\n');
  expect(text).toMatch(/^b +60 s ago +7 ms +- +push 2 ms +web1/m);
  expect(text).toMatch(/^a +63 s ago +121 ms +12 ms +reload 105 ms +web1/m);
});

test('an nginx that upsync itself runs is told of with its pid', () => {
  const state = stateAfter(...well, [3_000, { type: 'supervised', nginx: { kind: 'running', pid: 7 } }]);
  expect(statusAt(4_000, state).nginx.own).toEqual({ state: 'running', pid: 7 });
  expect(statusText(statusAt(4_000, state))).toContain(
    '\nnginx runs release a, running as pid 7; 1 reload\n',
  );
  const ended = stateAfter(...well, [
    3_000,
    { type: 'supervised', nginx: { kind: 'ended', code: 1, why: 'asked' } },
  ]);
  expect(statusAt(4_000, ended).nginx.own).toEqual({ state: 'ended', pid: null });
  expect(statusAt(4_000, stateAfter(...well)).nginx.own).toBeNull();
});

test('what is not as it should be stands between, and colours only where they are wanted', () => {
  const status = statusAt(5_000, stateAfter(...well, [2_000, failed('web1', 2_000)]));
  expect(statusText(status)).toContain(
    '\n\n! service:web1  http://127.0.0.1:8500: connection refused (for 3.0 s; nothing changes meanwhile)\n\n',
  );
  expect(statusText(status)).toContain('web1      2 up     live  2 passing  fails for 3.0 s\n');
  expect(statusText(status)).not.toContain('\u001b');
  expect(statusText(status, { coloured: true })).toContain('\u001b[31mfails for 3.0 s\u001b[0m\n');
});

test('before anything happened it says so', () => {
  expect(
    statusText(statusAt(0, stateAfter([0, configured]))),
  ).toBe(`upsync 1.2.3, up 0 ms, not ready: nginx has not been looked at yet, service:api has not been answered for since upsync started, service:web1 has not been answered for since upsync started
nginx has not been looked at yet
Consul at http://127.0.0.1:8500 has not answered yet

UPSTREAM  SERVERS  FROM  IN CONSUL  ANSWERED
api       0 up     none  -          not yet
web1      0 up     none  -          not yet
`);
});

test('no name commands the terminal', () => {
  const evil = server(1, { node: 'a\u001b[2J', key: 'dc1/\u202e/x' });
  const changes = [{ upstream: 'web1', gone: false, joined: [evil], left: [], changed: [], up: 1 }];
  const text = statusText(
    statusAt(
      3_000,
      stateAfter(
        ...well,
        [
          2_000,
          reconciled(published(releaseOf('b', 1), { changes }), {
            notices: [
              { kind: 'leftOut', upstream: 'web1', instance: 'dc1/\u001b[2J\n/x', reason: 'odd\u0007' },
            ],
          }),
        ],
        [2_100, failed('web1', 2_100, 'a\u001b[2J')],
        [2_200, { type: 'problem', problem: { what: 'b\u001b[2J\nc' } }],
      ),
    ),
  );
  expect(text).toContain('\\u{1b}[2J');
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});
