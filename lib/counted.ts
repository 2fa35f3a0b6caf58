/**
 * A number with its noun.
 * @example counted(1, 'host') // '1 host'
 */
export function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
