import { readFile, stat, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { answersFile } from '../answers-file.ts';
import { isRecord } from '../equal.ts';
import { messageOf } from '../errors.ts';
import { type Form, openQuestions } from '../form.ts';
import { readAnswer } from '../read-answer.ts';
import { hasManyAliases, tooDeepAt } from '../yaml-nesting.ts';
import { again } from './again.ts';
import type { Io } from './io.ts';

const file = 'answers.yml';

/**
 * Leaves a file for the operator to fill in: `answers.yml` in the current folder. One that is there already
 * is never written to.
 * @param forms what was not answered, or was and could not be kept
 * @param argv the command line that goes on, but for the answers; the process's own by default
 * @returns what to do next, for the operator
 */
export async function leaveAnswers(
  io: Io,
  forms: readonly Form[],
  argv: readonly string[] = io.argv,
): Promise<string> {
  const path = resolve(io.cwd(), file);
  const next = `  ${again(argv, file)}\n`;
  const text = answersFile(forms);
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 });
    return forms.some((form) => openQuestions(form).length > 0)
      ? `Fill in ${file}, then:\n${next}`
      : `The answers are in ${file}. To go on:\n${next}`;
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
    if (!isThere)
      return `${file} cannot be written (${messageOf(error)}). It would be:\n\n${text}\nWith that in it:\n${next}`;
    return `${await whatIsThere(path, forms)}\n${next}`;
  }
}

async function whatIsThere(path: string, forms: readonly Form[]): Promise<string> {
  try {
    const missing = missingIn(await varsIn(path), forms);
    if (missing.length === 0) return `${file} was there already, with all of the answers. To go on:`;
    const lines = answersFile(missing)
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const shown = lines.map((line) => `  ${line}\n`).join('');
    return `${file} was there already and is as it was. It lacks, or has otherwise:\n\n${shown}\nAdd that, then:`;
  } catch (error) {
    return `${file} was there already and is as it was; it cannot be read: ${messageOf(error)}\nCorrect it, then:`;
  }
}

async function varsIn(path: string): Promise<unknown> {
  if (!(await stat(path)).isFile()) throw new Error('it is no regular file');
  const text = await readFile(path, 'utf8');
  if (tooDeepAt(text) !== undefined) throw new Error('it is nested too deeply');
  if (hasManyAliases(text)) throw new Error('it has too many aliases');
  return parse(text);
}

/** The forms, with those questions alone that a file of variables does not answer, or not so. */
function missingIn(vars: unknown, forms: readonly Form[]): readonly Form[] {
  return forms.flatMap((form) => {
    const there = isRecord(vars) ? vars[form.variable] : undefined;
    const questions = form.questions.filter(({ name, kind, answer }) => {
      const read = readAnswer(kind, isRecord(there) ? there[name] : undefined);
      if (!('answer' in read)) return true;
      // Where answers were not taken, those in the file may be the very ones.
      return answer === undefined ? form.problem !== undefined : answer !== read.answer;
    });
    return questions.length === 0 ? [] : [{ ...form, questions }];
  });
}
