import { isOutside } from '../pipeline/outside.ts';
import type { Problem } from '../pipeline/problem.ts';
import { type Context, within } from '../pipeline/protocol.ts';
import type { File } from '../pipeline/release.ts';
import type { View } from '../pipeline/view.ts';
import type { TemplateSpec } from './sources.ts';

/** In which of nginx's blocks it is included. */
export function contextOfFile(path: string): Context {
  return path.startsWith('stream/') ? 'stream' : 'http';
}

/**
 * With nothing in it, a file is not written: one of stream would want a place in nginx.conf. Outside of the managed folder
 * somebody may name it.
 */
export function isNeeded({ path, contents }: File): boolean {
  return isOutside(path) || contents.trim() !== '';
}

/** Without any template for them, upstreams of stream would be left out and nobody told. */
export function placeProblem(paths: readonly string[], view: View, spec: TemplateSpec): Problem | undefined {
  const [upstream] = within('stream', view).upstreams;
  if (upstream === undefined || paths.some((path) => contextOfFile(path) === 'stream')) return undefined;
  return {
    what: `no template writes upstream ${upstream.name} (${upstream.protocol}): it is one of nginx's stream context`,
    ...(spec.kind === 'folder' ? { where: spec.folder } : {}),
    remedy: 'add one whose destination is in stream/, such as the built-in stream/upstreams.conf.eta',
  };
}
