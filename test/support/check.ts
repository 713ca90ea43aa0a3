import { z } from 'zod';
import { runUpsync, type UpsyncPlace } from './upsync.ts';

const finding = z.strictObject({
  level: z.enum(['ok', 'warn', 'fail']),
  topic: z.string(),
  what: z.string(),
  where: z.string().optional(),
  remedy: z.string().optional(),
});

type Finding = z.infer<typeof finding>;

export interface Checked {
  readonly code: number | null;
  /** Those that something is amiss with. */
  readonly warned: readonly Finding[];
  readonly failed: readonly Finding[];
  /** What is said of a topic, whatever the level. */
  about(topic: string): readonly string[];
}

/** `upsync check` of `web1` beside a bed, as JSON. */
export async function check(place: UpsyncPlace, ...flags: readonly string[]): Promise<Checked> {
  const { code, stdout, stderr } = await runUpsync(place, 'check', '--service', 'web1', '--json', ...flags);
  if (stderr !== '') throw new Error(stderr);
  const { findings } = z.object({ level: z.string(), findings: z.array(finding) }).parse(JSON.parse(stdout));
  const of = (level: string) => findings.filter((one) => one.level === level);
  return {
    code,
    warned: of('warn'),
    failed: of('fail'),
    about: (topic) => findings.filter((one) => one.topic === topic).map(({ what }) => what),
  };
}
