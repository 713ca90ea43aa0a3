/** The three numbers in `nginx/1.22.1`, `openresty/1.27.1.1` or `1.22.1`. */
type Version = readonly [number, number, number];

/** Undefined for forks that count otherwise: whether they know a directive is not told by their number. */
export function nginxVersion(text: string): Version | undefined {
  const [, name = '', major, minor, patch] = /^(?:([\w-]+)\/)?(\d+)\.(\d+)\.(\d+)/.exec(text) ?? [];
  if (major === undefined || !['', 'nginx', 'openresty'].includes(name.toLowerCase())) return undefined;
  return [Number(major), Number(minor), Number(patch)];
}

export function isBefore(version: Version, other: Version): boolean {
  const at = version.findIndex((number, index) => number !== other[index]);
  return at !== -1 && (version[at] ?? 0) < (other[at] ?? 0);
}
