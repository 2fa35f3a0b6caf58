import type { Answer, Answers, Form, Question } from '../../form.ts';
import { readAnswer } from '../../read-answer.ts';
import { refuse } from '../../refuse.ts';
import { show } from '../../show.ts';
import { isKnown, type Later, unknown } from '../../unknown.ts';

export interface Sources {
  readonly form: Pick<Form, 'questions' | 'variable'>;
  /** What the playbook's variable holds. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly accept: ((answers: Answers) => string | undefined) | undefined;
}

/** The answers that hold, and why others that are kept do not. */
interface Decided {
  readonly answers: Answers;
  readonly problem?: string | undefined;
}

/**
 * Decides which answers hold: those that were given, then those that the playbook knows, then those that are kept. Kept
 * ones that cannot be are asked again, as whoever gave them may have mistyped one; and so are kept confirmations that
 * were given with other answers.
 * @throws DabookError `refused` for given ones that cannot be: those are to be corrected where they were given
 */
export function decide(kept: Readonly<Record<string, unknown>>, { form, given, accept }: Sources): Decided {
  const { questions, variable } = form;
  const stated = Object.fromEntries(
    questions.flatMap((question) => {
      const { name, kind, answer } = question;
      const known = readGiven(question, own(given, name), variable) ?? answerIn(kind, answer);
      return known === undefined ? [] : [[name, known]];
    }),
  );
  const problem = accept?.(stated);
  if (problem !== undefined) throw refuse(problem, whereGiven(variable));

  const remembered = Object.fromEntries(
    questions.flatMap(({ name, kind }): readonly (readonly [string, Answer])[] => {
      const known = answerIn(kind, own(kept, name));
      return known === undefined ? [] : [[name, known]];
    }),
  );
  const answers = { ...remembered, ...stated };
  const why = accept?.(answers);
  if (why !== undefined) return { answers: stated, problem: why };
  const misfit = misfitOf(kept, stated, questions);
  const news = questions.find(({ name, kind }) => kind !== 'confirm' && isNew(name, remembered, answers));
  if (news === undefined) return { answers, problem: misfit };
  const lapsed = questions.filter(
    ({ name, kind }) => kind === 'confirm' && Object.hasOwn(remembered, name) && !Object.hasOwn(stated, name),
  );
  const names = new Set(lapsed.map(({ name }) => name));
  return {
    answers: Object.fromEntries(Object.entries(answers).filter(([name]) => !names.has(name))),
    problem: misfit ?? (lapsed[0] && lapsedBy(news, lapsed[0], remembered)),
  };
}

/**
 * An answer to each question, by name; an unknown one where none holds.
 * @throws as {@link decide}
 */
export function answersOf(
  kept: Readonly<Record<string, unknown>>,
  sources: Sources,
): Readonly<Record<string, Later<Answer>>> {
  const { answers } = decide(kept, sources);
  const all = sources.form.questions.map(
    ({ name, text }) => [name, own(answers, name) ?? unknown(text)] as const,
  );
  return Object.fromEntries(all);
}

/** What a record itself holds under a name: a question may be called `constructor`. */
export function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** Whether an answer is none of those that are kept; the one that is yet to be given will not be. */
function isNew(name: string, remembered: Answers, answers: Answers): boolean {
  const before = own(remembered, name);
  return before === undefined || before !== own(answers, name);
}

function lapsedBy(news: Question, { text }: Question, remembered: Answers): string {
  const before = own(remembered, news.name);
  const since = before === undefined ? 'was not asked for then' : `was ${show(before)} then`;
  return `"${text}" was told before, but ${news.name} ${since} (${news.text})`;
}

function answerIn(kind: Question['kind'], value: unknown): Answer | undefined {
  const read = isKnown(value) ? readAnswer(kind, value) : {};
  return 'answer' in read ? read.answer : undefined;
}

function readGiven({ name, kind, text }: Question, value: unknown, variable: string): Answer | undefined {
  const read = isKnown(value) ? readAnswer(kind, value) : {};
  if ('wrong' in read) {
    throw refuse(`${variable}.${name} is ${show(value)}: ${read.wrong} (${text})`, whereGiven(variable));
  }
  return read.answer;
}

function whereGiven(variable: string): string {
  return `correct it where "${variable}" is given: with -e, or in the inventory`;
}

/** What a file keeps for an answer and is none: somebody has edited it. */
function misfitOf(
  kept: Readonly<Record<string, unknown>>,
  stated: Answers,
  questions: readonly Question[],
): string | undefined {
  for (const { name, kind, text } of questions) {
    const value = own(kept, name);
    if (Object.hasOwn(stated, name) || !isKnown(value)) continue;
    const read = readAnswer(kind, value);
    if ('wrong' in read) return `what is kept of "${name}" is ${show(value)}: ${read.wrong} (${text})`;
  }
  return undefined;
}
