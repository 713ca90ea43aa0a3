import { describe, expect, test } from 'vitest';
import { complaintOf, folderWith, load } from './loading.ts';

const services = ['web1'];
const unit = (keys: string, templates = '[{source: a.eta, destination: /etc/a.cfg}]') =>
  `units: {x: {templates: ${templates}, ${keys}}}`;
const complaint = (yaml: string) => complaintOf({ services, yaml });

test('a unit has its files, its commands as they stand, and defaults for the rest', async () => {
  const cwd = await folderWith({});
  const yaml = `
units:
  zeta: {templates: [{source: z.eta, destination: /etc/z.json}]}
  haproxy:
    templates:
      - {source: /t/haproxy.cfg.eta, destination: /etc/haproxy/haproxy.cfg, mode: "0640", owner: "0:7"}
      - {source: maps/hosts.eta, destination: /etc/haproxy/hosts.map}
    test: [haproxy, -c, -f, "{file}"]
    reload: [bin/reload, "$(id)", ""]
    timeout: 5s
    quoting: nginx
`;
  const { units } = await load({ services, yaml, cwd });
  expect(units).toEqual([
    {
      plan: {
        name: 'haproxy',
        files: [
          { path: '/etc/haproxy/haproxy.cfg', mode: 0o640, owner: { uid: 0, gid: 7 } },
          { path: '/etc/haproxy/hosts.map' },
        ],
        test: ['haproxy', '-c', '-f', '{file}'],
        reload: [`${cwd}/bin/reload`, '$(id)', ''],
        timeout: 5_000,
      },
      templates: {
        kind: 'list',
        list: [
          { source: '/t/haproxy.cfg.eta', destination: '/etc/haproxy/haproxy.cfg' },
          { source: `${cwd}/maps/hosts.eta`, destination: '/etc/haproxy/hosts.map' },
        ],
      },
      quoting: 'nginx',
    },
    {
      plan: {
        name: 'zeta',
        files: [{ path: '/etc/z.json' }],
        test: undefined,
        reload: undefined,
        timeout: 30_000,
      },
      templates: { kind: 'list', list: [{ source: `${cwd}/z.eta`, destination: '/etc/z.json' }] },
      quoting: 'none',
    },
  ]);
});

describe('refused is', () => {
  test.each([
    ['test: haproxy -c', /units\.x\.test: not a list; no shell reads it: write \[PROGRAM, ARGUMENT, …\]$/],
    ['test: []', /units\.x\.test: an empty list; /],
    ['test: ["", "{file}"]', /units\.x\.test: no program; /],
    ['test: [haproxy, -c]', /units\.x\.test: does not name what it is to test; write \{file\}/],
    ['reload: [cp, "{file}", /x]', /units\.x\.reload: names what is staged, which is no more by then; /],
    ['reload: [kill, 12]', /units\.x\.reload\.1: not a text; put it in quotes$/],
    ['reload: ["a\\0b"]', /units\.x\.reload\.0: not an argument; /],
    ['timeout: 5', /units\.x\.timeout: a time without a unit; /],
    ['shell: true', /units\.x\.shell: unknown key; /],
  ])('%s', async (keys, message) => {
    expect(await complaint(unit(keys))).toMatch(message);
  });

  test.each([
    ['http/a.conf', /not a destination; write an absolute path/],
    ['/etc/../etc/a.cfg', /not a destination; write an absolute path/],
    ['/etc/nginx/upsync/http/a.conf', /is in the managed folder; choose a path elsewhere$/],
  ])('the destination %s', async (destination, message) => {
    expect(await complaint(unit('timeout: 1s', `[{source: a.eta, destination: ${destination}}]`))).toMatch(
      message,
    );
  });

  test('a name that could be no folder', async () => {
    expect(await complaint('units: {../x: {templates: [{source: a.eta, destination: /etc/a.cfg}]}}')).toMatch(
      /not a name/,
    );
  });

  test('a file that two units write, and one that is nginx’s', async () => {
    const one = 'templates: [{source: a.eta, destination: /etc/a.cfg}]';
    expect(await complaint(`units: {x: {${one}}, y: {${one}}}`)).toMatch(
      /units\.y\.templates\.0\.destination: two templates write this file; choose another name$/,
    );
    expect(await complaint(`units: {x: {${one}}}\n${one}`)).toMatch(
      /units\.x\.templates\.0\.destination: \/etc\/a\.cfg is a file of nginx by templates; /,
    );
  });
});

test('a section whose every unit is commented out is none', async () => {
  expect((await load({ services, yaml: 'units:\n' })).units).toEqual([]);
});
