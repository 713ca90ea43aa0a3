import { isIPv4, isIPv6 } from 'node:net';
import { z } from 'zod';

/**
 * The URL of a Consul agent (`HOST:PORT` for one of http), without a slash at its end, or `unix://` and the path of its socket, as it
 * stands. A user and password are refused, and no message repeats the text: it would carry them into the
 * log.
 */
export const consulAddress = z
  .string()
  // As CONSUL_HTTP_ADDR may be written.
  .transform((text) => (/^(\[[\da-f:.]+\]|[\w.-]+):\d+$/i.test(text) ? `http://${text}` : text))
  .refine(
    (text) => /^(https?|unix):\/\//i.test(text),
    'not an address of an agent; write http://HOST:PORT, https://HOST:PORT or unix:///PATH',
  )
  .refine(isPlain, 'not an address of an agent; write http://HOST:PORT, without user, query and fragment')
  .refine(
    (text) => !isUnix(text) || /^unix:\/\/\/[^/\p{Cc}][^\p{Cc}]*$/iu.test(text),
    'not the path of a socket; write unix:///PATH',
  )
  .transform((text) =>
    isUnix(text) ? text.replace(/^unix/i, 'unix') : new URL(text).href.replace(/\/+$/, ''),
  );

function isUnix(text: string): boolean {
  return /^unix:\/\//i.test(text);
}

function isPlain(text: string): boolean {
  const url = URL.parse(text);
  // The checks beside this one are for what is no such URL.
  if (url === null || !url.protocol.startsWith('http')) return !/^https?:/i.test(text);
  return url.username === '' && url.password === '' && !/[?#@\s]/.test(text);
}

/** `auto` or `HOST:PORT`, IPv6 in brackets. */
export const proofAddress = z
  .string()
  .refine(
    (text) => text === 'auto' || isHostPort(text),
    'not auto and not HOST:PORT; write such as gateway:9466',
  );

const notListen = 'not HOST:PORT and not off; write such as 127.0.0.1:9465 or "[::]:9465"';

/** `HOST:PORT` to listen on, IPv6 in brackets, port 0 for any; or `off`. Gives undefined for that. */
export const listenAddress = z
  .string({ error: ({ input }) => (input === false ? notListen : 'not a text; put it in quotes') })
  .refine((text) => text === 'off' || isHostPort(text, 0), notListen)
  .transform((text) => {
    const [, ipv6, host = '', port] = /^(?:\[(.+)\]|(.+)):(\d+)$/.exec(text) ?? [];
    return text === 'off' ? undefined : { host: ipv6 ?? host, port: Number(port) };
  });

/** What nginx is to listen on: `PORT`, `HOST:PORT` with an IP address or `*`, or `off`. Gives undefined for that. */
export const serverAddress = z
  .union([z.string(), z.number()], { error: notServer() })
  .transform(String)
  .refine((text) => text === 'off' || isPort(text) || isServer(text), notServer())
  .transform((text) => (text === 'off' ? undefined : text));

function notServer(): string {
  return 'not something that nginx can listen on; write such as 80, 10.0.0.1:80, "[::]:80" or off';
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

function isServer(text: string): boolean {
  const [, ipv6, host = '', port = ''] = /^(?:\[(.+)\]|(.+)):(\d+)$/.exec(text) ?? [];
  return isPort(port) && (ipv6 === undefined ? host === '*' || isIPv4(host) : isIPv6(ipv6));
}

/** Host names, separated by commas; gives a list. */
export const hostNames = z
  .string()
  .regex(/^[A-Za-z0-9._, -]*$/, 'not host names; write such as upsync, gateway.example.com')
  .transform((text) => text.split(/[, ]+/).filter((name) => name !== ''));

function isHostPort(text: string, least = 1): boolean {
  const [, ipv6, port] = /^(?:\[(.+)\]|[A-Za-z0-9._-]+):(\d{1,5})$/.exec(text) ?? [];
  return (ipv6 === undefined || isIPv6(ipv6)) && Number(port) >= least && Number(port) <= 65_535;
}
