import { luaBuild } from './nginx-lua.ts';

/** How changes reach nginx in this run of the suite. What does not speak of reloads holds in both. */
export const via = process.env.UPSYNC_TEST_VIA === 'push' ? 'push' : 'reload';

const pushes = via === 'push';

/** Says so at the start of every upsync. */
export const viaFlags: readonly string[] = pushes ? ['--via', 'push'] : [];

/** What has to stand at the top of nginx.conf. */
export const loadLua = pushes ? (luaBuild()?.load ?? '') : '';

/** Each worker of the Lua balancer has turns of its own: shares are counted with one. */
export const workersByDefault = pushes ? 1 : 2;

/** How often nginx is reloaded for servers that come and go. */
export const reloadsPerChange = pushes ? 0 : 1;
