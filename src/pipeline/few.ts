/** More names than this are counted. */
export const namedAtMost = 5;

/** The first few, and how many more: thousands of services may be followed. */
export function few(names: readonly string[]): string {
  const rest = names.length - namedAtMost;
  return rest <= 0 ? names.join(', ') : `${names.slice(0, namedAtMost).join(', ')} and ${rest} more`;
}
