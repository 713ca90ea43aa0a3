import { expect, test } from 'vitest';
import { checkProof, type ProofFacts } from '../../../src/check/proof.ts';

const digest = '0123456789abcdef';
const other = 'fedcba9876543210';
const ask = '127.1.2.3:20000';

const facts: ProofFacts = {
  by: 'pid',
  setting: 'auto',
  ask,
  testimony: { pid: 11, digest, version: '1.30.6', structure: undefined },
  running: { kind: 'running', digest, draining: 0 },
  held: undefined,
  live: {
    folder: '/r',
    digest,
    structure: digest,
    time: 0,
    view: { upstreams: [], routes: [], leftOut: [] },
    indexes: {},
  },
};

const silent: ProofFacts = {
  ...facts,
  testimony: undefined,
  running: { kind: 'running', digest: undefined, draining: 0 },
};

const said = (more: ProofFacts) => checkProof(more).map(({ level, what }) => `${level} ${what}`);

test('nginx that runs the release on disk is well', () => {
  expect(said(facts)).toEqual([`ok nginx answers at ${ask} that it runs the newest release`]);
});

test('nginx that runs another release is a warning', () => {
  const testimony = { pid: 11, digest: other, version: undefined, structure: undefined };
  expect(said({ ...facts, testimony })).toEqual([
    `warn nginx runs release ${other}, and on disk is ${digest}`,
  ]);
});

test('a free address is well before the first release, and fails where nginx should answer', () => {
  expect(said({ ...silent, live: undefined })).toEqual([
    `ok ${ask} is free for nginx to say there what it runs`,
  ]);
  expect(said(silent)).toEqual([
    `fail nginx runs, but not with release ${digest}, nor with another one of upsync's`,
  ]);
});

test('an address that somebody else holds fails, with nginx running or not', () => {
  const held = { ...silent, held: ask };
  expect(checkProof(held)).toMatchObject([{ level: 'fail', where: ask }]);
  expect(checkProof({ ...held, running: { kind: 'stopped' } })).toHaveLength(1);
});

test('where nginx does not run there is nothing to say of a free address', () => {
  expect(checkProof({ ...silent, running: { kind: 'stopped' } })).toEqual([]);
  expect(checkProof({ ...facts, running: { kind: 'stopped' } })).toEqual([]);
});

test('in another container the remedy follows from the setting', () => {
  const remedy = (setting: string) => checkProof({ ...silent, by: 'fifo', setting })[0]?.remedy;
  expect(remedy('auto')).toContain('set nginx.proof to HOST:PORT');
  expect(remedy('gateway:9466')).toContain('upsync must reach this address');
  expect(checkProof({ ...silent, by: 'fifo', live: undefined })).toEqual([]);
});
