import type { Answer, Question } from './form.ts';
import { show } from './show.ts';

/** What was given for an answer: one, none yet, or something that is none. */
export type Given = { readonly answer?: Answer } | { readonly wrong: string };

/**
 * Reads what was given for an answer, be it typed or from a file. Nothing, a blank text, and a `no` where something
 * is to be done are no answer yet.
 * @returns the answer where there is one; or what is wanted instead
 * @example readAnswer('integer', '6') // { answer: 6 }
 * @example readAnswer('integer', 'six') // { wrong: 'a whole number is wanted' }
 */
export function readAnswer(kind: Question['kind'], given: unknown): Given {
  const value = typeof given === 'string' ? given.trim() : given;
  if (value === undefined || value === null || value === '') return {};
  switch (kind) {
    case 'integer': {
      const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
      const fits = typeof number === 'number' && Number.isSafeInteger(number) && number >= 0;
      return fits ? { answer: number } : { wrong: 'a whole number is wanted' };
    }
    case 'text':
      // A number has lost its zeros by now: 1.10 is read as 1.1.
      return typeof value === 'string' ? { answer: value } : { wrong: 'a text is wanted, in quotes' };
    case 'confirm':
      if (value === true || /^(y|yes|true)$/i.test(show(value))) return { answer: true };
      return value === false || /^(n|no|false)$/i.test(show(value)) ? {} : { wrong: 'yes or no is wanted' };
  }
}
