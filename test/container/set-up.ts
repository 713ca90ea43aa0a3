import { execa } from 'execa';

/** Vitest runs this once, before the container tests: the images that they stand on. */
export default async function setUp(): Promise<void> {
  await execa({ stdio: 'inherit' })`node test/bed/images.mjs`;
}
