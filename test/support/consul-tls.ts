import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { binary, type Consul, startConsul } from '../bed/consul.ts';
import { freePorts } from '../bed/consul-ports.ts';

const run = promisify(execFile);

/** A Consul that speaks TLS with who shows a certificate of its authority's, beside plain HTTP. */
export interface TlsConsul extends AsyncDisposable {
  readonly consul: Consul;
  /** `https://address:port` */
  readonly url: string;
  /** The name in its certificate; the address is not in it. */
  readonly serverName: string;
  /** Paths of PEM files. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Consul's own tool makes the authority and the certificates. Plain HTTP goes over a unix socket too, where one is named. `more` is HCL. */
export async function startTlsConsul(socket = '', more = ''): Promise<TlsConsul> {
  await using starting = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'upsync-tls-'));
  starting.defer(() => rm(folder, { recursive: true }));
  for (const what of [
    ['ca', 'create'],
    ['cert', 'create', '-server'],
    ['cert', 'create', '-client'],
  ]) {
    await run(binary(), ['tls', ...what], { cwd: folder });
  }
  const file = (name: string) => join(folder, name);
  // Consul's tool puts 127.0.0.1 into each certificate.
  const address = '127.0.0.2';
  const [https = 0] = await freePorts(address, 1);
  const consul = starting.use(
    await startConsul({
      hcl: `
        ports { https = ${https} }
        addresses { https = "${address}", http = "127.0.0.1 ${socket && `unix://${socket}`}" }
        ca_file = "${file('consul-agent-ca.pem')}"
        cert_file = "${file('dc1-server-consul-0.pem')}"
        key_file = "${file('dc1-server-consul-0-key.pem')}"
        verify_incoming_https = true
        ${more}
      `,
    }),
  );
  const started = starting.move();
  return {
    consul,
    url: `https://${address}:${https}`,
    serverName: 'server.dc1.consul',
    ca: file('consul-agent-ca.pem'),
    cert: file('dc1-client-consul-0.pem'),
    key: file('dc1-client-consul-0-key.pem'),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
