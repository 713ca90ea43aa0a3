import { BlockList, isIP } from 'node:net';

/** Which addresses nginx may be pointed at. */
export interface AddressRules {
  /** Why it may not be this IP address (IPv6 without brackets), in words; undefined where it may. */
  refusal(address: string): string | undefined;
}

/** Nothing that serves lives there, or what does must not be reached through a gateway. Source: IANA's special-purpose registries. */
const special: readonly (readonly [what: string, ranges: readonly string[]])[] = [
  ['unspecified', ['0.0.0.0/8', '::/128']],
  // Also what clouds tell their machines, credentials included, where that has an address of its own.
  ['link-local', ['169.254.0.0/16', 'fe80::/10', '64:ff9b::a9fe:0/112', '2002:a9fe::/32']],
  ['cloud metadata', ['fd00:ec2::254', '100.100.100.200', '168.63.129.16', '192.0.0.192']],
  ['multicast', ['224.0.0.0/4', 'ff00::/8']],
  ['broadcast or reserved', ['240.0.0.0/4']],
];

/**
 * `allow` and `deny` hold addresses and CIDR ranges. What is denied is refused; where `allow` is not empty
 * nothing else is taken; and special addresses are refused unless `allow` names them.
 */
export function addressRules(allow: readonly string[], deny: readonly string[]): AddressRules {
  const denied = listOf(deny);
  const allowed = listOf(allow);
  const judge = (address: string) => {
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (denied.check(address, family)) return 'addresses.deny names it';
    if (allowed.check(address, family)) return undefined;
    if (allow.length > 0) return 'addresses.allow does not name it';
    const found = specialLists.find(([, list]) => list.check(address, family));
    return found === undefined ? undefined : `it is ${found[0]}, and addresses.allow does not name it`;
  };
  const judged = new Map<string, string | undefined>();
  return {
    refusal(address) {
      if (judged.has(address)) return judged.get(address);
      const why = judge(address);
      if (judged.size >= remembered) judged.clear();
      judged.set(address, why);
      return why;
    },
  };
}

/** Every pass asks for every instance, and lists are slow to ask: with 10,000 instances it took 300 ms of each pass. */
const remembered = 50_000;

const specialLists = special.map(([what, ranges]) => [what, listOf(ranges)] as const);

/** A `BlockList` takes an IPv6 address that holds an IPv4 one (`::ffff:10.0.0.1`) for that one. */
function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', bits] = range.split('/');
    const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(network, family);
    else list.addSubnet(network, Number(bits), family);
  }
  return list;
}

const loopback = listOf(['127.0.0.0/8', '::1']);

export function isLoopback(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return address.startsWith('127.');
    case 6:
      return loopback.check(address, 'ipv6');
    default:
      return false;
  }
}
