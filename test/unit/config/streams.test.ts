import { describe, expect, test } from 'vitest';
import { complaintOf, load } from './loading.ts';

/** Of the upstream `db`, told so. */
const db = async (text: string) => {
  const { plan } = await load({ yaml: `upstreams: {db: ${text}}` });
  return plan.upstreams[0];
};

test('an upstream is one of http unless it says otherwise, also by flag', async () => {
  const { plan } = await load({ yaml: 'upstreams: {a: , b: {protocol: udp}}', services: ['c'] });
  expect(plan.upstreams.map(({ name, protocol }) => `${name} ${protocol}`)).toEqual([
    'a http',
    'b udp',
    'c http',
  ]);
});

test('those of tcp and udp keep no idle connections, whatever is the default', async () => {
  const { plan } = await load({
    yaml: 'defaults: {keepalive: 8}\nupstreams: {a: , b: {protocol: tcp}, c: {protocol: tcp, keepalive: 0}}',
  });
  expect(plan.upstreams.map(({ keepalive }) => keepalive)).toEqual([8, 0, 0]);
});

test.each([
  ['127.0.0.1:3306', '127.0.0.1:3306'],
  ['3306', '0.0.0.0:3306'],
  ['"3306"', '0.0.0.0:3306'],
  ['"[0:0::1]:3306"', '[::1]:3306'],
])('listen: %s is a place for nginx to listen on', async (given, listen) => {
  expect(await db(`{protocol: tcp, listen: ${given}}`)).toMatchObject({ listen });
});

test.each([
  '0',
  '70000',
  '"127.0.0.1"',
  '127.0.0.1:0',
  '127.0.0.1:65536',
  'localhost:3306',
  '300.0.0.1:80',
  '"[fe80::1%eth0]:80"',
  '"127.0.0.1:80 ssl"',
  '"127.0.0.1:80; } http {"',
  '3.5',
  'true',
])('listen: %s is none', async (given) => {
  expect(await complaintOf({ yaml: `upstreams: {db: {protocol: tcp, listen: ${given}}}` })).toBe(
    'upsync.yaml:1 upstreams.db.listen: not a place to listen on; write ADDRESS:PORT with an IP address, such as 127.0.0.1:3306',
  );
});

describe('what one context of nginx has and the other lacks is refused', () => {
  test.each([
    ['{listen: 127.0.0.1:80}', 'listen: only for tcp and udp; an upstream of http'],
    [
      '{protocol: tcp, balance: ip_hash}',
      'balance: nginx has no ip_hash for tcp; choose another, such as hash',
    ],
    ['{protocol: udp, keepalive: 4}', 'keepalive: nginx keeps no idle connections for udp; take it out'],
    ['{protocol: sctp}', 'protocol: not one of its values; write http, tcp or udp'],
  ])('%s', async (own, complaint) => {
    expect(await complaintOf({ yaml: `upstreams: {db: ${own}}` })).toContain(`upstreams.db.${complaint}`);
  });

  test('also where it comes from defaults', async () => {
    const yaml = 'defaults: {balance: ip_hash}\nupstreams:\n  a:\n  db: {protocol: tcp}\n';
    expect(await complaintOf({ yaml })).toBe(
      'upsync.yaml:4 upstreams.db: nginx has no ip_hash for tcp, which defaults.balance asks for; give this one a balance of its own, such as hash $remote_addr consistent',
    );
    await load({ yaml: yaml.replace('protocol: tcp', 'protocol: tcp, balance: least_conn') });
  });
});

test('two upstreams that would listen at one place are refused, however it is spelt', async () => {
  const both = (one: string, other: string) =>
    `upstreams:\n  a: {protocol: tcp, listen: ${one}}\n  b: {protocol: tcp, listen: ${other}}\n`;
  for (const [one, other] of [
    ['5000', '0.0.0.0:5000'],
    ['"[::1]:5000"', '"[0::1]:5000"'],
  ] as const) {
    expect(await complaintOf({ yaml: both(one, other) })).toBe(
      'upsync.yaml:3 upstreams.b.listen: upstream a listens there; give one of them another address or port',
    );
  }
  const { plan } = await load({ yaml: both('53', '53').replace('tcp', 'udp') });
  expect(plan.upstreams.map(({ listen }) => listen)).toEqual(['0.0.0.0:53', '0.0.0.0:53']);
});
