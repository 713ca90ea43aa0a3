import type { Asking, Registry } from './asking.ts';

/** `it.env`: a variable of upsync's own environment, if the configuration lets templates see it. */
export function environmentOf(asking: Asking, { environment }: Pick<Registry, 'environment'>) {
  return (name: string): string | undefined => {
    if (!Object.hasOwn(environment, name))
      throw new Error(`templates may not see the variable ${name}; name it in expose.env of upsync.yaml`);
    const value = environment[name];
    return value === undefined ? undefined : asking.text(value, `variable ${name}`);
  };
}
