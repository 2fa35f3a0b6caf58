import type { Need } from './step.ts';

/** Each need once. */
export function distinctNeeds(needs: readonly Need[]): readonly Need[] {
  return [...new Map(needs.map((need) => [JSON.stringify(need), need])).values()];
}
