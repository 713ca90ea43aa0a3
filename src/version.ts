import about from '../package.json' with { type: 'json' };

/** The version of this upsync, as its package names it. */
export const { version } = about;
