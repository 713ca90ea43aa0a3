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
  return [process.env.CONSUL_TEMPLATE_BIN ?? '', ...onPath].find((path) => path !== '' && existsSync(path));
}

export async function versionOf(binary: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(binary, ['-version']);
  return /v[\d.]+\S*/.exec(stdout + stderr)?.[0] ?? 'unknown';
}

/**
 * As its users run it: the upstream block of HashiCorp's tutorial on nginx, one for each service, and a HUP for nginx.
 * (`nginx -s reload` reads the whole configuration first; that would be slower.) `wait` is its option of that name.
 */
export function consulTemplate(binary: string, wait?: string): Tool {
  return {
    renderedBy,
    name: wait === undefined ? 'consul-template' : `consul-template -wait ${wait}`,
    async start(setup) {
      const { folder, pidFile } = setup.gateway.bed;
      const source = join(folder, 'upstreams.ctmpl');
      const config = join(folder, 'consul-template.hcl');
      await writeFile(source, setup.services.map(block).join(''));
      await writeFile(
        config,
        `consul { address = "${setup.consul.url.replace('http://', '')}" }
template {
  source = "${source}"
  destination = "${renderedBy(setup)}"
  command = "kill -HUP $(cat ${pidFile})"
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
