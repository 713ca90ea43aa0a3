import { install } from './apt.mjs';
import { which } from './run.mjs';

/**
 * What the demo's services read: MariaDB and Redis, from Debian's packages of the bare programs, which bring no
 * service that would start by itself.
 */
export async function ensureDatabases() {
  const missing = [
    ...(which('mariadbd') === undefined ? ['mariadb-server-core'] : []),
    // Redis is one program of several names, and redis-server, the package, is only a link to it and a service.
    ...(which('redis-server') === undefined && which('redis-check-rdb') === undefined ? ['redis-tools'] : []),
  ];
  if (missing.length > 0) await install(missing, 'no MariaDB or no Redis on the path');
}
