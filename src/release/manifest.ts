import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Release } from '../pipeline/release.ts';
import type { View } from '../pipeline/view.ts';

const server = z.object({
  key: z.string(),
  node: z.string(),
  host: z.string(),
  port: z.number(),
  weight: z.number(),
  state: z.enum(['up', 'down']),
  tags: z.array(z.string()),
  meta: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  lostSince: z.number().exactOptional(),
});

const upstream = z.object({
  name: z.string(),
  service: z.string(),
  /** Those of before it was told apart were all of http. */
  protocol: z.enum(['http', 'tcp', 'udp']).default('http'),
  listen: z.string().exactOptional(),
  origin: z.enum(['live', 'kept', 'held', 'down']),
  servers: z.array(server),
  balance: z.string(),
  maxFails: z.number(),
  failTimeout: z.number(),
  keepalive: z.number(),
  zone: z.number(),
  discovered: z.literal(true).exactOptional(),
});

const view: z.ZodType<View> = z.object({
  upstreams: z.array(upstream),
  /** Those of before there were routes have none. */
  routes: z.array(z.object({ host: z.string(), path: z.string(), upstream: z.string() })).default([]),
  leftOut: z.array(z.object({ upstream: z.string(), key: z.string(), reason: z.string() })),
});

const manifest = z.object({
  digest: z.string(),
  /** Those of before it was told apart had no other part. */
  structure: z.string().exactOptional(),
  /** ms since the epoch. */
  time: z.number(),
  /** Of the upsync that made it. */
  version: z.string(),
  view,
  indexes: z.record(z.string(), z.string().regex(/^\d+$/)).default({}),
  outside: z.array(z.string()).readonly().exactOptional(),
  kept: z.array(z.string()).readonly().exactOptional(),
  attributes: z.record(z.string(), z.string()).exactOptional(),
});

/** What a release says of itself, read back at the next start. */
type Manifest = z.infer<typeof manifest>;

export function manifestPath(folder: string): string {
  return join(folder, 'manifest.json');
}

export function manifestText({ folder: _, ...release }: Release, version: string): string {
  const manifest: Manifest = { version, ...release };
  return `${JSON.stringify(manifest)}\n`;
}

/** Undefined where there is none, or none that this version understands. */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  try {
    return manifest.parse(JSON.parse(await readFile(manifestPath(folder), 'utf8')));
  } catch {
    return undefined;
  }
}
