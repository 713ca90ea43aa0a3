import { readSettings } from './settings.ts';

/** Ends with 0 if the instance in this container is well: for images without curl. */
const { address, port } = readSettings(process.env);
const host = address === '0.0.0.0' ? '127.0.0.1' : address;
const { ok } = await fetch(`http://${host}:${port}/healthz`, { signal: AbortSignal.timeout(2_000) });
process.exitCode = ok ? 0 : 1;
