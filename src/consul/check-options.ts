import { type Check, describeCheck } from '../registrar/check.ts';
import { checkId } from './agent-decode.ts';

/** A check as the `consul` package wants it: what it does not know of, it drops. */
export function checkOptions(service: string, name: string, check: Check) {
  return {
    checkid: checkId(service),
    name: `Service '${name}' check`,
    notes: describeCheck(check),
    ...('interval' in check ? { interval: check.interval } : {}),
    // Consul's own default; the package's types ask for one.
    timeout: ('timeout' in check ? check.timeout : undefined) ?? '10s',
    ...('initialStatus' in check && check.initialStatus !== undefined ? { status: check.initialStatus } : {}),
    ...(check.deregisterAfter === undefined ? {} : { deregistercriticalserviceafter: check.deregisterAfter }),
    ...probe(check),
  };
}

function probe(check: Check) {
  switch (check.kind) {
    case 'http':
      return {
        http: check.url,
        tlsskipverify: check.skipVerify,
        ...(check.method === undefined ? {} : { method: check.method }),
      };
    case 'tcp':
      return { tcp: check.at };
    case 'grpc':
      return { grpc: check.at, grpcusetls: check.tls, tlsskipverify: check.skipVerify };
    case 'ttl':
      return { ttl: check.ttl };
    case 'kept':
      return { ttl: `${check.ttl / 1000}s`, status: check.report.status };
  }
}
