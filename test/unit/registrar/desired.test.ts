import { describe, expect, test } from 'vitest';
import type { Container } from '../../../src/registrar/container.ts';
import { desire } from '../../../src/registrar/desired.ts';
import type { RegistrarPlan } from '../../../src/registrar/plan.ts';
import { container, identity, plan, port } from './given.ts';

function services(containers: readonly Partial<Container>[], options: Partial<RegistrarPlan> = {}) {
  const wish = desire(containers.map(container), plan(options), identity, () => undefined);
  return { found: wish.services.map(({ service }) => service), leftOut: wish.leftOut };
}

const named = (one: Partial<Container>, options: Partial<RegistrarPlan> = {}) =>
  services([one], options).found.map(({ name }) => name);

describe('a container with one published port', () => {
  test('is one service, named after its image, with an id of host, container and port', () => {
    expect(services([{}])).toEqual({
      found: [
        {
          id: 'node1:web-1:80',
          name: 'web',
          address: '10.0.0.5',
          port: 32768,
          tags: [],
          meta: { 'upsync-registrar': 'engine-1', 'upsync-container': 'c1c1c1c1c1c1' },
          check: undefined,
        },
      ],
      leftOut: [],
    });
  });

  test.each([
    ['redis', 'redis'],
    ['team/web', 'web'],
    ['registry:5000/web', 'web'],
    ['web@sha256:0123', 'web'],
    ['registry:5000/team/web:1.2@sha256:0123', 'web'],
  ])('of the image %s is the service %s', (image, name) => {
    expect(named({ image })).toEqual([name]);
  });

  test('takes name, id and tags from its settings', () => {
    const settings = Object.entries({
      SERVICE_NAME: 'db',
      SERVICE_ID: 'db-1',
      SERVICE_TAGS: 'master,backups',
    });
    expect(services([{ settings }], { tags: ['backups', 'eu'] }).found).toMatchObject([
      { name: 'db', id: 'db-1', tags: ['master', 'backups', 'eu'] },
    ]);
  });

  test('is left alone by SERVICE_IGNORE, whatever it says', () => {
    expect(services([{ settings: [['SERVICE_IGNORE', 'no']] }])).toEqual({ found: [], leftOut: [] });
  });

  test('is left alone by --explicit unless it is named', () => {
    expect(named({}, { explicit: true })).toEqual([]);
    expect(named({ settings: [['SERVICE_80_NAME', 'db']] }, { explicit: true })).toEqual(['db']);
  });

  test('is said to be left out where its port is not to be reached', () => {
    const ports = [{ ...port(80), bindings: [{ address: '127.0.0.1', port: 80 }] }];
    expect(services([{ ports }])).toMatchObject({
      found: [],
      leftOut: [{ what: 'web-1:80', reason: expect.stringMatching(/^it is published on 127\.0\.0\.1/) }],
    });
  });
});

describe('a container with several published ports', () => {
  const ports = [port(80, 8000), port(443, 4443), port(9000)];

  test('is a service for each, with the port in its name', () => {
    expect(services([{ ports }]).found).toMatchObject([
      { id: 'node1:web-1:80', name: 'web-80', port: 8000 },
      { id: 'node1:web-1:443', name: 'web-443', port: 4443 },
    ]);
    expect(named({ ports, settings: [['SERVICE_NAME', 'api']] })).toEqual(['api-80', 'api-443']);
  });

  test('has the name of its own that a port is given', () => {
    expect(named({ ports, settings: [['SERVICE_443_NAME', 'https']] })).toEqual(['web-80', 'https']);
  });

  test('keeps the port in the name of the one that is left when the other is ignored, as Registrator does', () => {
    expect(named({ ports, settings: [['SERVICE_443_IGNORE', '1']] })).toEqual(['web-80']);
  });

  test('marks UDP, in the id and as a tag', () => {
    expect(services([{ ports: [port(53, 53), port(53, 53, 'udp')] }]).found).toMatchObject([
      { id: 'node1:web-1:53', tags: [] },
      { id: 'node1:web-1:53:udp', tags: ['udp'] },
    ]);
  });

  test('cannot give one id to all of them', () => {
    expect(services([{ ports, settings: [['SERVICE_ID', 'x']] }])).toMatchObject({
      found: [{ id: 'x', name: 'web-80' }],
      leftOut: [{ what: 'web-1:443', reason: 'its id x is that of another service' }],
    });
  });
});

test('with --internal, exposed ports count, at the address of the container', () => {
  expect(services([{ ports: [port(9000)] }], { internal: true }).found).toMatchObject([
    { address: '172.17.0.2', port: 9000 },
  ]);
});

test('of two containers with one id, the older keeps it', () => {
  const settings: Container['settings'] = [['SERVICE_ID', 'x']];
  const two = [
    { id: 'young', name: 'young', startedAt: 2_000, settings },
    { id: 'old', name: 'old', startedAt: 1_000, settings },
  ];
  expect(services(two)).toMatchObject({
    found: [{ meta: { 'upsync-container': 'old' } }],
    leftOut: [{ what: 'young:80' }],
  });
});

test('a container that has ended has no services, a paused one has', () => {
  expect(named({ state: 'exited' })).toEqual([]);
  expect(named({ state: 'paused' })).toEqual(['web']);
});
