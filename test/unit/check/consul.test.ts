import { describe, expect, test } from 'vitest';
import { type ConsulFacts, checkConsul } from '../../../src/check/consul.ts';

const options = {
  address: 'http://127.0.0.1:8500',
  tls: { ca: '', cert: '', key: '', serverName: '', verify: true },
  maxConnections: 100,
};

const facts: ConsulFacts = {
  hasToken: true,
  leader: { value: '127.0.0.1:8300' },
  agent: { value: { version: '1.20.1', node: 'node1', datacenter: 'dc1', connections: 200 } },
  catalogs: [{ datacenter: '', names: { value: ['consul', 'web1'] } }],
};

const amiss = (findings: ReturnType<typeof checkConsul>) => findings.filter(({ level }) => level !== 'ok');

test('a Consul that is well is told in three lines', () => {
  expect(checkConsul(options, facts, 2).map(({ level, what }) => `${level} ${what}`)).toEqual([
    'ok Consul 1.20.1 (node1, dc1) answers at http://127.0.0.1:8500, its cluster has a leader',
    'ok 2 queries on at most 100 connections, and the agent allows one client 200',
    'ok valid; sees 2 services',
  ]);
});

test('one that cannot be reached is all that is told of', () => {
  const problem = { what: 'connection refused' };
  const nothing = { problem };
  const findings = checkConsul(
    options,
    { hasToken: true, leader: nothing, agent: nothing, catalogs: [{ datacenter: '', names: nothing }] },
    1,
  );
  expect(findings).toEqual([{ level: 'fail', topic: 'consul', ...problem, where: options.address }]);
});

test('one without a leader fails', () => {
  expect(checkConsul(options, { ...facts, leader: { value: '' } }, 1)).toMatchObject([
    { level: 'fail', what: expect.stringContaining('no leader') },
  ]);
});

test('what the token may not ask is not known, and not amiss', () => {
  const findings = checkConsul(options, { ...facts, agent: { problem: { what: 'Permission denied' } } }, 1);
  expect(amiss(findings)).toEqual([]);
  expect(findings[1]?.what).toBe('1 query on at most 100 connections');
});

test('an agent that allows fewer connections than upsync may open gets a warning', () => {
  const agent = { value: { version: '1.20.1', node: 'node1', datacenter: 'dc1', connections: 50 } };
  expect(amiss(checkConsul(options, { ...facts, agent }, 1))).toMatchObject([
    {
      level: 'warn',
      where: 'limits.http_max_conns_per_client',
      remedy: expect.stringContaining('less than 50'),
    },
  ]);
});

test('more queries than may wait at once share, and get a warning only where there is no connection for that', () => {
  expect(amiss(checkConsul(options, facts, 91))).toEqual([]);
  expect(checkConsul(options, facts, 91)).toContainEqual(
    expect.objectContaining({
      what: expect.stringMatching(/^91 queries share what tells of changes, on at most 100/),
    }),
  );
  expect(checkConsul({ ...options, address: 'https://consul:8501' }, facts, 2000)).toContainEqual(
    expect.objectContaining({ what: expect.stringMatching(/^2000 queries on at most 100/) }),
  );
  expect(amiss(checkConsul({ ...options, maxConnections: 4 }, facts, 3))).toEqual([]);
  expect(amiss(checkConsul({ ...options, maxConnections: 4 }, facts, 4))).toMatchObject([
    {
      level: 'warn',
      where: 'consul.max_connections',
      what: expect.stringMatching(/^4 queries, and 3 of them/),
    },
  ]);
});

describe('the way to it', () => {
  test.each([
    ['https://consul:8501', true, true, 'ok'],
    ['https://consul:8501', false, true, 'warn'],
    ['http://10.0.0.1:8500', true, true, 'warn'],
    ['http://10.0.0.1:8500', true, false, 'ok'],
    ['http://localhost:8500', true, true, 'ok'],
    ['http://[::1]:8500', true, true, 'ok'],
    ['unix:///run/consul.sock', true, true, 'ok'],
  ])('%s, verified: %s, with a token: %s: %s', (address, verify, hasToken, level) => {
    const way = { ...options, address, tls: { ...options.tls, verify } };
    const levels = amiss(checkConsul(way, { ...facts, hasToken }, 1)).map((finding) => finding.level);
    expect(levels).toEqual(level === 'ok' ? [] : [level]);
  });
});

test('rights are asked for in each datacenter', () => {
  const catalogs = [
    { datacenter: '', names: { value: ['consul', 'web1'] } },
    { datacenter: 'dc2', names: { value: [] } },
  ];
  expect(amiss(checkConsul(options, { ...facts, catalogs }, 1))).toEqual([
    {
      level: 'fail',
      topic: 'token',
      what: 'the token sees no service at all in dc2',
      remedy:
        'give it a policy with service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }',
    },
  ]);
});
