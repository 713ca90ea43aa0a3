/** A name that somebody registered, as nginx takes it anywhere, and the path of a key as a part of it. */
export function plainName(name: string): string {
  if (name === '.' || name === '..') return name.replaceAll('.', '_');
  return name.replace(/[^A-Za-z0-9._-]/g, '_') || '_';
}

/** `datacenter/node/id`, each part likewise. */
export function plainKey(key: string): string {
  return key.split('/').map(plainName).join('/');
}
