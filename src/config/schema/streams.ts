import { isIP, SocketAddress } from 'node:net';
import { z } from 'zod';
import type { Protocol } from '../../pipeline/protocol.ts';
import type { Issues } from './keys.ts';

export const protocol = z.enum(['http', 'tcp', 'udp']);

const notListen = 'not a place to listen on; write ADDRESS:PORT with an IP address, such as 127.0.0.1:3306';

/** `ADDRESS:PORT`, IPv6 in brackets, or `PORT` for all IPv4 addresses; gives the first, always spelt alike. */
export const listen = z
  .union([z.string(), z.number()], { error: notListen })
  .transform((given) => (/^\d+$/.test(String(given)) ? `0.0.0.0:${given}` : String(given)))
  .refine((text) => place(text) !== undefined, notListen)
  .transform((text) => place(text) ?? text);

function place(text: string): string | undefined {
  const [, ipv6, ipv4 = '', port] = /^(?:\[([\da-f:.]+)\]|([\d.]+)):(\d{1,5})$/i.exec(text) ?? [];
  if (isIP(ipv6 ?? ipv4) !== (ipv6 === undefined ? 4 : 6)) return undefined;
  if (Number(port) < 1 || Number(port) > 65_535) return undefined;
  const host =
    ipv6 === undefined ? ipv4 : `[${new SocketAddress({ address: ipv6, family: 'ipv6' }).address}]`;
  return `${host}:${Number(port)}`;
}

interface Upstream {
  readonly protocol: Protocol;
  readonly listen?: string | undefined;
  readonly balance?: string | undefined;
  readonly keepalive?: number | undefined;
}

const otherMethod = 'choose another, such as hash $remote_addr consistent';

/** What one context of nginx's has and the other lacks. */
export function fitsProtocol({ protocol, listen, balance, keepalive }: Upstream, issues: Issues): void {
  const refuse = (key: string, message: string) => issues.addIssue({ code: 'custom', path: [key], message });
  if (protocol === 'http') {
    if (listen !== undefined)
      refuse(
        'listen',
        'only for tcp and udp; an upstream of http is used by proxy_pass in a server of yours',
      );
    return;
  }
  if (balance === 'ip_hash') refuse('balance', `nginx has no ip_hash for ${protocol}; ${otherMethod}`);
  if (keepalive !== undefined && keepalive > 0)
    refuse('keepalive', `nginx keeps no idle connections for ${protocol}; take it out`);
}

/** What `defaults` says need not be right for all. */
export function fitsDefaults(
  {
    defaults,
    upstreams,
  }: { defaults: { balance: string }; upstreams: Readonly<Record<string, Upstream | null>> },
  issues: Issues,
): void {
  if (defaults.balance !== 'ip_hash') return;
  for (const [name, upstream] of Object.entries(upstreams)) {
    if (upstream === null || upstream.protocol === 'http' || upstream.balance !== undefined) continue;
    issues.addIssue({
      code: 'custom',
      path: ['upstreams', name],
      message: `nginx has no ip_hash for ${upstream.protocol}, which defaults.balance asks for; give this one a balance of its own, such as hash $remote_addr consistent`,
    });
  }
}

/** nginx takes one server of stream for each address and port. */
export function listenApart(upstreams: Readonly<Record<string, Upstream | null>>, issues: Issues): void {
  const seen = new Map<string, string>();
  for (const [name, upstream] of Object.entries(upstreams)) {
    if (upstream?.listen === undefined) continue;
    const key = `${upstream.protocol} ${upstream.listen}`;
    const twin = seen.get(key);
    if (twin === undefined) seen.set(key, name);
    else
      issues.addIssue({
        code: 'custom',
        path: [name, 'listen'],
        message: `upstream ${twin} listens there; give one of them another address or port`,
      });
  }
}
