import { createRequire } from 'node:module';

/** Preloaded into a process, it writes in the end which CommonJS packages that had loaded, Node's own undici among them. */
const { cache } = createRequire(import.meta.url);
process.on('exit', () => {
  const packages = Object.keys(cache).flatMap(
    (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
  );
  const builtIn: unknown = Reflect.get(process, 'moduleLoadList');
  if (!Array.isArray(builtIn)) throw new Error('Node no longer tells what of its own it has loaded');
  if (builtIn.includes('NativeModule internal/deps/undici/undici')) packages.push('undici');
  console.log(`loaded: ${[...new Set(packages)].join(' ')}`);
});
