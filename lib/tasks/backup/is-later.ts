interface Dated {
  readonly path: string;
  readonly made: Date;
}

/** Whether an archive comes after another one: by when it was last written, then by name. */
export function isLater(one: Dated, other: Dated): boolean {
  const difference = one.made.getTime() - other.made.getTime();
  return difference > 0 || (difference === 0 && one.path > other.path);
}
