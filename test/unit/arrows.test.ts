import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

/** Which folders of src/ a folder may import from; its own always. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  pipeline: [],
  consul: ['pipeline', 'registrar', 'http.ts'],
  dns: ['pipeline'],
  syntax: ['pipeline'],
  nginx: ['pipeline', 'syntax', 'http.ts'],
  release: ['pipeline'],
  // Other programs than nginx.
  programs: ['pipeline'],
  template: ['pipeline', 'syntax'],
  registrar: ['pipeline'],
  'registrar/docker': ['pipeline', 'registrar', 'http.ts'],
  report: ['pipeline', 'registrar'],
  // What happened is said in the same words wherever it is said.
  status: ['pipeline', 'report', 'http.ts'],
  process: ['pipeline'],
  config: ['pipeline', 'registrar'],
  cli: [
    'pipeline',
    'config',
    'report',
    'release',
    'registrar',
    'status',
    'assemble.ts',
    'units.ts',
    'http.ts',
    'version.ts',
  ],
  'assemble.ts': ['pipeline', 'config', 'consul', 'dns', 'nginx', 'release', 'template', 'version.ts'],
  'exec.ts': ['pipeline', 'config', 'nginx', 'cli'],
  'units.ts': ['pipeline', 'config', 'nginx', 'programs', 'release', 'template', 'assemble.ts', 'version.ts'],
  'daemon.ts': [
    'pipeline',
    'config',
    'nginx',
    'process',
    'exec.ts',
    'release',
    'report',
    'status',
    'template',
    'cli',
    'assemble.ts',
    'units.ts',
    'version.ts',
  ],
  check: ['pipeline', 'config', 'consul', 'nginx', 'release', 'report', 'status', 'syntax', 'assemble.ts'],
  'check.ts': ['pipeline', 'config', 'release', 'report', 'cli', 'check', 'assemble.ts'],
  'register.ts': [
    'pipeline',
    'config',
    'consul',
    'registrar',
    'registrar/docker',
    'report',
    'cli',
    'version.ts',
  ],
  migrate: ['pipeline', 'syntax'],
  'migrate.ts': ['migrate', 'cli'],
  'main.ts': ['cli', 'daemon.ts', 'check.ts', 'register.ts', 'migrate.ts'],
  // The package's own file is no part of src/.
  'version.ts': [''],
  'http.ts': [],
};

/** Who alone may import a package. */
const owners: Readonly<Record<string, string | readonly string[]>> = {
  consul: 'consul',
  dockerode: 'registrar/docker',
  execa: ['nginx', 'process'],
  eta: 'template',
  chokidar: 'template',
  commander: 'cli',
  pino: 'report',
  'prom-client': 'status',
  'shell-quote': 'config',
};

const files = globSync('src/**/*.ts');
const imports = files.flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(/(?:from|import\() ?'([^']+)'/g)].map(([, name = '']) => ({
    file,
    name,
  })),
);

/** The registrar's way to Docker lies within it, but is a part of its own. */
const placeOf = (file: string) => /^src\/(registrar\/docker(?=\/)|[^/]+)/.exec(file)?.[1] ?? '';

test('the arrows between the parts of src/ point where they may', () => {
  expect(files.length).toBeGreaterThan(30);
  expect(imports.length).toBeGreaterThan(100);
  const wrong = imports.filter(({ file, name }) => {
    if (!name.startsWith('.')) return false;
    const from = placeOf(file);
    const to = placeOf(normalize(join(dirname(file), name)));
    return from !== to && !allowed[from]?.includes(to);
  });
  expect(wrong).toEqual([]);
});

test('each package that touches the outside is imported by one part alone', () => {
  const wrong = imports.filter(({ file, name }) => {
    const owner = owners[name.split('/')[0] ?? ''];
    return owner !== undefined && ![owner].flat().includes(placeOf(file));
  });
  expect(wrong).toEqual([]);
});

test.each(['pipeline', 'registrar'])(
  'the %s is pure: it reads no files, opens no sockets and runs nothing',
  (part) => {
    const pure = ['node:net', 'node:timers/promises', 'node:util'];
    const own = imports.filter(({ file }) => placeOf(file) === part);
    expect(own.length).toBeGreaterThan(20);
    expect(own.filter(({ name }) => !name.startsWith('.') && !pure.includes(name))).toEqual([]);
  },
);

test('the fold of the status is pure: it knows no clock, no file and no process', () => {
  const pure = /^src\/status\/(fold(-.*)?|histogram|memo|release-record|state|verdict|warnings)\.ts$/;
  const found = imports.filter(({ file }) => pure.test(file));
  expect(new Set(found.map(({ file }) => file)).size).toBeGreaterThan(7);
  expect(found.filter(({ name }) => !name.startsWith('.'))).toEqual([]);
});

test('what most runs never need is loaded only when it is asked for', () => {
  const asked = new Map([
    ['prom-client', ['src/status/metrics.ts', 'src/status/folded-histogram.ts']],
    ['./metrics.ts', []],
    ['pino-pretty', []],
    ['diff', []],
    // Loaded where Consul is reached over TLS.
    ['node:http2', []],
    ['yaml', ['src/config/file.ts', 'src/migrate/yaml.ts']],
    ['./file.ts', []],
    // Types are all that a daemon needs of it.
    ['../status/schema.ts', ['src/cli/ask-status.ts']],
    ['./schema.ts', ['src/config/load.ts', 'src/config/register.ts']],
  ]);
  for (const [wanted, mayImport] of asked) {
    const users = files.filter((file) => importsValues(file, wanted));
    expect(users.toSorted(), wanted).toEqual(mayImport.toSorted());
    expect(imports.map(({ name }) => name)).toContain(wanted);
  }
});

test('node:http is come by in the one way that does not load undici', () => {
  expect(files.filter((file) => importsValues(file, 'node:http'))).toEqual([]);
});

/** What is imported as a type alone is not loaded. */
function importsValues(file: string, name: string): boolean {
  const found = readFileSync(file, 'utf8').matchAll(/^import (?!type )[^;]*? from '([^']+)';$/gms);
  return [...found].some(([, imported]) => imported === name);
}

test('no file grows past 200 lines', () => {
  const long = files.filter((file) => readFileSync(file, 'utf8').split('\n').length > 201);
  expect(long.map((file) => basename(file))).toEqual([]);
});

test('what Docker alone needs is loaded by the registrar alone: the sidecar is spared its memory', () => {
  const graph = Map.groupBy(imports, ({ file }) => file);
  const loadedBy = (file: string, seen = new Set<string>()): ReadonlySet<string> => {
    for (const { name } of graph.get(file) ?? []) {
      const next = name.startsWith('.') ? normalize(join(dirname(file), name)) : name;
      if (!seen.has(next)) loadedBy(next, seen.add(next));
    }
    return seen;
  };
  expect(loadedBy('src/register.ts')).toContain('dockerode');
  for (const file of ['src/daemon.ts', 'src/cli/run.ts', 'src/cli/once.ts']) {
    expect(loadedBy(file).size).toBeGreaterThan(10);
    expect(loadedBy(file)).not.toContain('dockerode');
  }
});
