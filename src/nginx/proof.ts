import { createHash } from 'node:crypto';
import { get } from '../http.ts';
import { type ProofAddress, proofPath, statusPath } from '../pipeline/frame.ts';

/** Where the proof server is asked, and what the release writes for it. */
export interface ProofServer extends ProofAddress {
  /** `host:port` that upsync connects to. */
  readonly ask: string;
}

/** What one worker answered: who it is, which release it runs, and which nginx it is. */
export interface Testimony {
  readonly pid: number;
  readonly digest: string;
  /** As in `1.22.1`; undefined where the release is of an upsync that did not ask for it. */
  readonly version: string | undefined;
  /** The structure that it was configured with, where it has the Lua balancer. */
  readonly structure: string | undefined;
}

/**
 * `auto`: a loopback address and port of this output folder's own, so that two never meet, below 32768
 * where no ephemeral port lies. A loopback `host:port` is taken as it is. Any other `host:port`: where
 * nginx is another container; it listens on all its addresses then, and the port must not be published. `place` counts the further ones of an output folder.
 */
export function proofServer(setting: string, output: string, place = 0): ProofServer {
  if (setting !== 'auto') {
    const port = setting.slice(setting.lastIndexOf(':') + 1);
    const [, a, b] = /^127\.(\d+\.\d+)\.(\d+):/.exec(setting.replace(/^localhost:/, '127.0.0.1:')) ?? [];
    if (a !== undefined) {
      const ask = `127.${a}.${b}:${port}`;
      return { listen: ask, unavailable: `127.${a}.${(Number(b) % 254) + 1}:${port}`, ask };
    }
    return { listen: port, unavailable: `127.0.0.1:${port}`, ask: setting };
  }
  const hash = createHash('sha256')
    .update(place === 0 ? output : `${output} ${place}`)
    .digest();
  const [a, b, c] = [hash.readUInt8(0), hash.readUInt8(1), 1 + (hash.readUInt8(2) % 253)];
  const port = 20_000 + (hash.readUInt16BE(3) % 12_000);
  const address = `127.${a}.${b}.${c}:${port}`;
  return { listen: address, unavailable: `127.${a}.${b}.${c + 1}:${port}`, ask: address };
}

/** One answer over a fresh connection, or undefined where there is none within `timeout` ms. */
export async function testify(
  ask: string,
  timeout: number,
  signal: AbortSignal,
): Promise<Testimony | undefined> {
  return parse(await fetchText(`http://${ask}${proofPath}`, 200, timeout, signal));
}

/** How many questions at once reach every worker that takes connections, most likely. */
export const manyQuestions = 16;

/** The answers to so many questions at once. */
export async function testifyAll(ask: string, times: number, signal: AbortSignal): Promise<Testimony[]> {
  const answers = await Promise.all(Array.from({ length: times }, () => testify(ask, 1000, signal)));
  return answers.filter((answer) => answer !== undefined);
}

/** Why a worker with the Lua balancer did not take a release, as one of them tells. */
export async function problemTold(
  ask: string,
  timeout: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const text = await fetchText(`http://${ask}${statusPath}`, 1_000_000, timeout, signal);
  return /"problem":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1]?.replace(/\\(.)/g, '$1');
}

/** What is answered over a fresh connection; empty where nothing is, or past `most` characters. */
function fetchText(url: string, most: number, timeout: number, signal: AbortSignal): Promise<string> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
  return new Promise((resolve) => {
    const request = get(url, { agent: false, signal: deadline }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
        if (body.length > most) request.destroy();
      });
      response.on('error', () => resolve(''));
      response.on('close', () => resolve(body.length > most ? '' : body));
    });
    request.on('error', () => resolve(''));
  });
}

/** Whether a worker has the proof server and fails at it: one with the Lua balancer that may not read its code. */
export async function isBroken(ask: string, timeout: number, signal: AbortSignal): Promise<boolean> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
  return (await statusOf(`http://${ask}${proofPath}`, deadline)) === 500;
}

/** The status of what is answered over a fresh connection; undefined where nothing is. */
export function statusOf(url: string, signal: AbortSignal): Promise<number | undefined> {
  return new Promise((done) => {
    const request = get(url, { agent: false, signal }, (response) => {
      response.resume();
      response.on('error', () => done(undefined));
      response.on('close', () => done(response.statusCode));
    });
    request.on('error', () => done(undefined));
  });
}

function parse(body: string): Testimony | undefined {
  const [, pid, digest, version, structure] =
    /^(\d+) ([0-9a-f]{16})(?: ([\w.]+)(?: ([0-9a-f]{16})\n)?)?$/.exec(body) ?? [];
  if (pid === undefined || digest === undefined) return undefined;
  return { pid: Number(pid), digest, version, structure };
}
