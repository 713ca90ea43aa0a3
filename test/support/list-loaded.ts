import { createRequire } from 'node:module';

/** Preloaded into a process, it writes in the end which CommonJS packages that had loaded. */
const { cache } = createRequire(import.meta.url);
process.on('exit', () => {
  const packages = Object.keys(cache).flatMap(
    (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
  );
  console.log(`loaded: ${[...new Set(packages)].join(' ')}`);
});
