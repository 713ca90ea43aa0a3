import { describe, expect, test } from 'vitest';
import {
  decodeHost,
  decodeIds,
  decodeInspected,
  toContainer,
} from '../../../../src/registrar/docker/decode.ts';

/** As API 1.52 has it: without `NetworkSettings.IPAddress`. */
const answer = {
  Id: 'c1',
  Name: '/web-1',
  State: { Status: 'running', ExitCode: 0, StartedAt: '2026-11-25T08:07:33.041078693Z' },
  Config: {
    Image: 'web:1',
    Env: ['SERVICE_NAME=env', 'EMPTY=', 'ODD'],
    Labels: { SERVICE_NAME: 'label' },
    ExposedPorts: { '80/tcp': {}, '81/udp': {} },
    StopSignal: 'SIGQUIT',
  },
  HostConfig: { NetworkMode: 'app' },
  NetworkSettings: {
    Ports: {
      '80/tcp': [
        { HostIp: '0.0.0.0', HostPort: '32768' },
        { HostIp: '::', HostPort: '32768' },
      ],
      '9/tcp': null,
    },
    Networks: {
      aaa: { IPAddress: '172.18.0.2', GlobalIPv6Address: '' },
      app: { IPAddress: '172.19.0.2', GlobalIPv6Address: '' },
      six: { IPAddress: '', GlobalIPv6Address: 'fd00::2' },
      none: { IPAddress: '', GlobalIPv6Address: '' },
    },
  },
};

const decode = (more: object = {}) => toContainer(decodeInspected({ ...answer, ...more }));

describe('a container', () => {
  test('is read with its settings, ports and addresses, that of the network it was started on first', () => {
    expect(decode()).toEqual({
      id: 'c1',
      name: 'web-1',
      image: 'web:1',
      settings: [
        ['SERVICE_NAME', 'env'],
        ['EMPTY', ''],
        ['ODD', ''],
        ['SERVICE_NAME', 'label'],
      ],
      state: 'running',
      exitCode: 0,
      startedAt: Date.parse('2026-11-25T08:07:33.041Z'),
      stopSignal: 3,
      health: undefined,
      hostNetwork: false,
      ports: [
        { number: 9, protocol: 'tcp', bindings: [] },
        {
          number: 80,
          protocol: 'tcp',
          bindings: [
            { address: '0.0.0.0', port: 32768 },
            { address: '::', port: 32768 },
          ],
        },
        { number: 81, protocol: 'udp', bindings: [] },
      ],
      networks: [
        { name: 'app', address: '172.19.0.2' },
        { name: 'aaa', address: '172.18.0.2' },
        { name: 'six', address: 'fd00::2' },
      ],
    });
  });

  test('has a port once, though it was asked for without its protocol', () => {
    const Config = { ...answer.Config, ExposedPorts: { '80': {}, '80/tcp': {} } };
    const NetworkSettings = { ...answer.NetworkSettings, Ports: { '80/tcp': null } };
    expect(decode({ Config, NetworkSettings }).ports).toEqual([
      { number: 80, protocol: 'tcp', bindings: [] },
    ]);
  });

  test.each([
    ['running', 'running'],
    ['paused', 'paused'],
    ['restarting', 'exited'],
    ['exited', 'exited'],
    ['removing', 'exited'],
  ])('that is %s counts as %s', (Status, state) => {
    expect(decode({ State: { ...answer.State, Status } }).state).toBe(state);
  });

  test.each([
    [{ Status: 'none' }, undefined],
    [
      { Status: 'starting', Log: null },
      { status: 'starting', output: '' },
    ],
    [
      { Status: 'unhealthy', Log: [{ Output: 'first' }, { Output: ' two\n lines\u0007' }] },
      { status: 'unhealthy', output: 'two lines' },
    ],
  ])('has a health or none: %j', (Health, health) => {
    expect(decode({ State: { ...answer.State, Health } }).health).toEqual(health);
  });

  test("on the host's own network publishes what it exposes", () => {
    const found = decode({
      HostConfig: { NetworkMode: 'host' },
      NetworkSettings: { Ports: {}, Networks: { host: { IPAddress: '' } } },
    });
    expect(found).toMatchObject({
      hostNetwork: true,
      networks: [],
      ports: [
        { number: 80, bindings: [{ address: '0.0.0.0', port: 80 }] },
        { number: 81, bindings: [{ address: '0.0.0.0', port: 81 }] },
      ],
    });
  });

  test("in another one's network has that one's addresses, and of its ports those that itself exposes", () => {
    const settings = { Ports: {}, Networks: {} };
    const guest = {
      ...answer,
      Id: 'c2',
      HostConfig: { NetworkMode: 'container:c1' },
      NetworkSettings: settings,
    };
    const found = toContainer(decodeInspected(guest), decodeInspected(answer));
    expect(found.id).toBe('c2');
    expect(found.networks[0]).toEqual({ name: 'app', address: '172.19.0.2' });
    expect(found.ports.map(({ number, bindings }) => [number, bindings.length])).toEqual([
      [80, 2],
      [81, 0],
    ]);
  });
});

test('an engine without an id is known by its name', () => {
  expect(decodeHost({ ID: 'AB:CD', Name: 'node1' })).toEqual({ id: 'AB:CD', name: 'node1' });
  expect(decodeHost({ ID: '', Name: 'node1' })).toEqual({ id: 'node1', name: 'node1' });
});

test("what is not built as Docker's answer is told with the place", () => {
  expect(() => decodeIds({ message: 'no' })).toThrow(/^the answer is not built as Docker's is; check/);
  expect(() => decodeIds([{ Id: 1 }])).toThrow(/\(at 0\.Id\)/);
});
