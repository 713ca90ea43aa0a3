import { parseArgs } from 'node:util';

export interface Flags {
  /** Leave all running at the end. */
  readonly keep: boolean;
  /** How changes reach nginx, as upsync's own flag says it. */
  readonly via: string;
  readonly help: boolean;
}

export const usage = `Usage: npm run demo [-- --keep --via reload|push|auto]
Starts Consul, nginx, upsync and two services on loopback addresses, lets nodes join and leave under load, and
shows how nginx follows. It takes half a minute, and nothing stays behind.
  --keep  leave all running at the end, until Ctrl-C
  --via   how changes reach nginx; push needs its Lua module
`;

/** In words, where a flag is not known. */
export function readFlags(args: readonly string[]): Flags | string {
  const options = {
    keep: { type: 'boolean', default: false },
    via: { type: 'string', default: 'reload' },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
