import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** No test is tried twice: one that fails now and then has found something. */
export default defineConfig({
  root: join(import.meta.dirname, '..'),
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 30_000 } },
      {
        // A real Consul and a real nginx in each file: one file at a time, or they would time each other.
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        // The same tests with an nginx that follows by itself: those that do not speak of reloads.
        test: {
          name: 'push',
          include: ['daemon-*', 'fault-*', 'hostile-*', 'publish-killed'].map(
            (name) => `test/integration/${name}.test.ts`,
          ),
          exclude: ['daemon-push'].map((name) => `test/integration/${name}.test.ts`),
          env: { UPSYNC_TEST_VIA: 'push' },
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'container',
          include: ['test/container/**/*.test.ts'],
          globalSetup: ['test/container/set-up.ts'],
          // Its reaper is an image that may be out of reach; each test takes away what it made.
          env: { TESTCONTAINERS_RYUK_DISABLED: 'true' },
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
