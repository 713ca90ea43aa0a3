import type { NginxBed } from '../bed/nginx.ts';

/**
 * The command that starts a bed's nginx, for `--exec`. Like the bed's own it ends with its parent, at the latest, unless
 * it is to outlive that: then it writes nothing to the parent's output, which ends with all who hold it.
 */
export function nginxCommand({ conf, folder }: NginxBed, { outlives = false } = {}): string {
  const nginx = `nginx -c ${conf} -e ${folder}/logs/error.log`;
  return outlives ? `sh -c 'exec ${nginx} >${folder}/output 2>&1'` : `setpriv --pdeathsig TERM ${nginx}`;
}
