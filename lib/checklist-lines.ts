import type { Section } from './form.ts';

/** A line of a checklist: what stands before it, and its text, which may be wrapped. */
export type ChecklistLine = readonly [head: string, text: string];

/**
 * A checklist as lines. What is to be done is numbered through, whatever section it is in, so that "we are at 7" is
 * understood.
 * @example checklistLines([{ title: 'Publish', lines: ['press Publish'] }]) // [['', 'Publish'], ['  1. ', 'press Publish']]
 */
export function checklistLines(checklist: readonly Section[]): readonly ChecklistLine[] {
  const total = checklist.reduce((sum, { lines }) => sum + lines.length, 0);
  const digits = String(total).length;
  let number = 0;
  return checklist.flatMap(({ title, lines }) => [
    ['', title] as const,
    ...lines.map((line): ChecklistLine => {
      number += 1;
      return [`  ${String(number).padStart(digits)}. `, line];
    }),
  ]);
}
