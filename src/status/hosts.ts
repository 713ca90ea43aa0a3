import { isIP } from 'node:net';

/**
 * Whether a request's `Host` may be answered. A page on the web can lead its own name to 127.0.0.1 (DNS
 * rebinding) and read what answers there, but the browser then asks for that name: it is refused. An IP
 * address needs no name, so nobody's name can be behind it.
 */
export function hostCheck(names: readonly string[]): (header: string | undefined) => boolean {
  const known = new Set(['localhost', ...names.map((name) => name.toLowerCase())]);
  return (header = '') => {
    const [, bracketed, plain = ''] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::\d{1,5})?$/.exec(header) ?? [];
    if (bracketed !== undefined) return isIP(bracketed) === 6;
    const name = plain.toLowerCase().replace(/\.$/, '');
    return isIP(name) === 4 || known.has(name) || name.endsWith('.localhost');
  };
}
