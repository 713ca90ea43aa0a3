/** As Node and most programs decide: FORCE_COLOR, then NO_COLOR (https://no-color.org), then whether it is a terminal. */
export function isColoured(
  out: { readonly isTTY?: boolean },
  { FORCE_COLOR, NO_COLOR }: Readonly<Record<string, string | undefined>>,
): boolean {
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0';
  return out.isTTY === true && (NO_COLOR === undefined || NO_COLOR === '');
}
