/**
 * The numbers of a list such as `1,2,30-41`.
 * @throws Error for what is none
 */
export function numbersIn(list: string): readonly number[] {
  return list.split(',').flatMap((part) => {
    const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (from === undefined || Number(from) > Number(to)) {
      throw new Error(`--only ${list}: "${part}" is neither a number nor a range: --only 1,2,30-41`);
    }
    return Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => Number(from) + index);
  });
}
