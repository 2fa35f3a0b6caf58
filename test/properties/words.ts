import fc from 'fast-check';

/** Names as hosts have them, and as they should not be: signs of shells, of JSON and of YAML, other scripts, prototypes. */
export const oddName: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('ha1', 'ha2', 'web', 'da-policy', 'a.b_c', 'X') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('constructor', '__proto__', 'toString', "o'hara", '$(id)', '*', '-n'),
  },
  fc.constantFrom('größe', '節点', '💥', 'a/b', '"', '\\', '%2F', 'null', '0', 'true', '#', ':', '{}'),
  fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme' }),
);

/** Texts of any kind, the empty one too. */
export const oddText: fc.Arbitrary<string> = fc.oneof(fc.constant(''), fc.constant('true'), oddName);

/** Labels, by names that the engine takes. */
export const labelName = oddName.filter((name) => !/[\s=]/.test(name));
export const labels = fc.dictionary(labelName, oddText, { maxKeys: 4, noNullPrototype: true });

/** Something that is missing now and then. */
export function maybe<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined });
}

/** Something that is missing more often than not. */
export function seldom<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined, freq: 1 });
}

/** A record of which properties may be missing, and are not undefined. */
type Given<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** A record without its missing properties. */
export function given<T extends object>(record: T): Given<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Given<T>;
}
