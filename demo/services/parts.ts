import { Agent } from 'node:http';
import axios from 'axios';
import { Redis } from 'ioredis';
import { createPool, type RowDataPacket } from 'mysql2/promise';
import type { Settings } from './settings.ts';

/** One thing that `/get` reads or calls. Nothing here waits for longer than `patience`. */
export interface Part {
  readonly name: 'mysql' | 'redis' | 'web2';
  ask(): Promise<unknown>;
  close(): Promise<void>;
}

/** In ms. */
const patience = 2_000;

/** Those that are set, in the order in which `/get` asks them. None has to be there when we start. */
export function createParts({ mysql, redis, web2, service }: Settings): readonly Part[] {
  return [
    ...(mysql === undefined ? [] : [messages(mysql)]),
    ...(redis === undefined ? [] : [visits(redis, service)]),
    ...(web2 === undefined ? [] : [neighbour(web2)]),
  ];
}

/** What schema.sql put there. */
function messages(uri: string): Part {
  const pool = createPool({ uri, connectionLimit: 10, connectTimeout: patience });
  return {
    name: 'mysql',
    async ask() {
      const sql = 'SELECT id, text FROM messages ORDER BY id';
      // Not execute(), which the tracing does not see.
      const [rows] = await pool.query<RowDataPacket[]>({ sql, timeout: patience });
      return rows;
    },
    close: () => pool.end(),
  };
}

/** How often this service was asked, over all its instances. */
function visits(url: string, service: string): Part {
  const redis = new Redis(url, {
    connectTimeout: patience,
    commandTimeout: patience,
    maxRetriesPerRequest: 1,
    retryStrategy: (attempt) => Math.min(attempt * 100, patience),
  });
  // It goes on trying by itself. Who asks meanwhile hears of it.
  redis.on('error', () => {});
  return {
    name: 'redis',
    ask: () => redis.incr(`visits:${service}`),
    async close() {
      redis.disconnect();
    },
  };
}

/** Each call on a connection of its own: so each may get to another instance, and none to one that has just gone. */
function neighbour(url: string): Part {
  const client = axios.create({
    timeout: patience,
    httpAgent: new Agent({ keepAlive: false }),
    proxy: false,
  });
  return {
    name: 'web2',
    ask: async () => (await client.get<unknown>(url)).data,
    async close() {},
  };
}
