/** What becomes of a service without a healthy instance: one service for each policy. */
export const policies = { 'web-down': 'down', 'web-keep': 'keep', 'web-drop': 'drop' } as const;

export type Service = keyof typeof policies;
export const services = ['web-down', 'web-keep', 'web-drop'] as const satisfies readonly Service[];

/** How long a big loss is held, and a server without a registration kept, in ms: short, so that the truth is soon simple. */
export const grace = 1_000;
export const keepFor = 1_000;

/** nginx's own passive checks (`max_fails`) are off: they would hide what upsync did. */
export const configuration = `
upstreams:
${services.map((name) => `  ${name}: {on_empty: ${policies[name]}}`).join('\n')}
defaults: {keep_for: ${keepFor}ms, max_fails: 0}
guard: {grace: ${grace}ms}
start_timeout: 3s
`;
