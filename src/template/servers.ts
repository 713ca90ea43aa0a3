import { addressOf } from '../pipeline/instance.ts';
import type { TemplateServer, TemplateUpstream } from './it.ts';

/**
 * The `server` lines of an upstream, indented by four spaces. An upstream that is down points at the
 * proof server, which answers 503: servers marked `down` alone would make nginx answer 502. In stream that
 * would be HTTP to a client that speaks something else: there nginx has no server, and closes at once.
 */
export function serverLines(upstream: TemplateUpstream, unavailable: string): string {
  if (upstream.origin === 'down')
    return upstream.protocol === 'http'
      ? `    server ${unavailable} max_fails=0;`
      : `    server ${nobody} down;`;
  return upstream.servers.map((server) => `    ${serverLine(server, upstream)};`).join('\n');
}

/** An address for documentation (RFC 5737), which nobody has. It is `down`: nginx never asks it. */
const nobody = '192.0.2.1:1';

/** nginx's defaults are left out: shorter lines parse faster and read better. */
function serverLine(server: TemplateServer, { maxFails, failTimeout }: TemplateUpstream): string {
  return [
    `server ${addressOf(server)}`,
    server.weight === 1 ? '' : `weight=${server.weight}`,
    maxFails === 1 ? '' : `max_fails=${maxFails}`,
    failTimeout === 10 ? '' : `fail_timeout=${failTimeout}s`,
    server.state === 'down' ? 'down' : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}
