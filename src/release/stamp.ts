/** `20261123T052400.123Z`: sorts by time, and a person can read it. */
export function stamp(time: number): string {
  return new Date(time).toISOString().replaceAll(/[-:]/g, '');
}
