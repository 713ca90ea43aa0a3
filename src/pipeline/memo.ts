/** Gives the same result again for the same object, for as long as anybody holds that. */
export function perObject<K extends object, V>(make: (key: K) => V): (key: K) => V {
  const made = new WeakMap<K, V>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}

/** Gives the last result again while it is asked for with the same arguments. */
export function whileSame<A extends readonly unknown[], V>(make: (...args: A) => V): (...args: A) => V {
  let last: { readonly args: A; readonly value: V } | undefined;
  return (...args) => {
    if (last === undefined || !args.every((one, at) => one === last?.args[at]))
      last = { args, value: make(...args) };
    return last.value;
  };
}
