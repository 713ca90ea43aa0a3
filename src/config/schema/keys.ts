import type { z } from 'zod';

/** A key that is a setting too: its help and default come from the table. */
export function setting<T extends z.ZodType>(row: { help: string; fallback: NoInfer<z.input<T>> }, type: T) {
  return type.prefault(row.fallback).describe(row.help);
}

/** A key by which an upstream says for itself what `defaults` says for all. */
export function own<T extends z.ZodType>(row: { help: string }, type: T) {
  return type.optional().describe(row.help);
}

/** Where a refinement puts what it finds. */
export type Issues = z.core.$RefinementCtx;
