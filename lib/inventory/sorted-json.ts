/** JSON with sorted keys and four blanks of indentation, as `ansible-inventory` prints it. Secrets show their label. */
export function sortedJson(value: unknown): string {
  const sort = (_key: string, part: unknown): unknown => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  return JSON.stringify(value, sort, 4);
}
