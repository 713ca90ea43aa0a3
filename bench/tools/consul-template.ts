import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { startSidecar } from './sidecar.ts';
import type { Setup, Tool } from './tool.ts';

/** `CONSUL_TEMPLATE_BIN`, else what the PATH has. */
export function findConsulTemplate(): string | undefined {
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'consul-template'));
  return named() ?? onPath.find((path) => existsSync(path));
}

/** What `CONSUL_TEMPLATE_BIN` names, where nothing is there. */
export function missingConsulTemplate(): string | undefined {
  const path = named();
  return path === undefined || existsSync(path) ? undefined : path;
}

function named(): string | undefined {
  return process.env.CONSUL_TEMPLATE_BIN || undefined;
}

export async function versionOf(binary: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(binary, ['-version']);
  return /v[\d.]+\S*/.exec(stdout + stderr)?.[0] ?? 'unknown';
}

export interface Variant {
  /** Its option `-wait`. */
  readonly wait?: string;
  /** What it runs once it has written: a HUP unless told, the quickest there is. */
  readonly command?: 'nginx -s reload';
}

/** As its users run it: the upstream block of HashiCorp's tutorial on nginx, one for each service. */
export function consulTemplate(binary: string, { wait, command }: Variant = {}): Tool {
  return {
    renderedBy,
    name: ['consul-template', wait && `-wait ${wait}`, command && `with ${command}`]
      .filter(Boolean)
      .join(' '),
    async start(setup) {
      const { folder, pidFile, conf } = setup.gateway.bed;
      const hup = `kill -HUP $(cat ${pidFile})`;
      const source = join(folder, 'upstreams.ctmpl');
      const config = join(folder, 'consul-template.hcl');
      await writeFile(source, setup.services.map(block).join(''));
      await writeFile(
        config,
        `consul { address = "${setup.consul.url.replace('http://', '')}" }
template {
  source = "${source}"
  destination = "${renderedBy(setup)}"
  command = "${command === undefined ? hup : `${setup.gateway.binary} -c ${conf} -e ${folder}/logs/error.log -s reload`}"
}
`,
      );
      return startSidecar(binary, ['-config', config, ...(wait === undefined ? [] : ['-wait', wait])]);
    },
  };
}

function renderedBy({ gateway }: Setup): string {
  return join(gateway.folder, 'upstreams.conf');
}

function block(service: string): string {
  return `upstream ${service} {
{{- range service "${service}" }}
  server {{ .Address }}:{{ .Port }};
{{- else }}
  server 127.0.0.1:65535; # force a 502
{{- end }}
}
`;
}
