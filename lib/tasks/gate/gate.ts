import { keptAnswersText } from '../../answers-file.ts';
import { DabookError } from '../../errors.ts';
import type { Answers, Form, Question, Section } from '../../form.ts';
import { ask, type PutStep, put, type Step } from '../../step.ts';
import { type Task, task } from '../../task.ts';
import { isKnown, type Later } from '../../unknown.ts';
import { absolutePath } from '../files/absolute-path.ts';
import { accountName, fourDigits } from '../files/attributes.ts';
import { answersOf, decide, own, type Sources } from './decide.ts';
import { type KeptAnswers, keptAnswers } from './kept-answers.ts';

export interface GateArgs<Q extends readonly Question[] = readonly Question[]> {
  /** What it is about: `Digital Access Admin`. */
  readonly title: string;
  /** What is to be done by hand, in order. */
  readonly checklist: readonly Section[];
  /** What is to be told when it is done. One that has its answer already is not asked. */
  readonly questions: Q;
  /** The playbook's variable that takes the answers; it is named where they are asked for. */
  readonly variable: string;
  /** What that variable holds. Wins over what is kept; empty ones and those of other questions do not count. */
  readonly given?: Readonly<Record<string, unknown>> | null | undefined;
  /** The file of the host that keeps the answers, in a folder that is there. Other gates may share it. */
  readonly keep: {
    readonly path: string;
    /** Octal digits; `0644` by default. */
    readonly mode?: string | undefined;
    /** Name or number; the writing user's own by default. */
    readonly owner?: string | number | undefined;
    readonly group?: string | number | undefined;
  };
  /** Why these answers cannot be; nothing where they can. Pure. It is given those that are known. */
  readonly accept?: ((answers: Partial<Known<Q>>) => string | undefined) | undefined;
}

/** What a gate leaves: every answer, by the name of its question. */
export interface GateState<Q extends readonly Question[] = readonly Question[]> {
  readonly answers: { readonly [One in Q[number] as One['name']]: Later<AnswerTo<One>> };
}

type Known<Q extends readonly Question[]> = {
  readonly [One in Q[number] as One['name']]: AnswerTo<One>;
};

type AnswerTo<One extends Question> = One['kind'] extends 'integer'
  ? number
  : One['kind'] extends 'text'
    ? string
    : One['kind'] extends 'confirm'
      ? boolean
      : string | number | boolean;

/**
 * Where a person has to do something before the run can go on. Once every question is answered it is not
 * asked again: the answers are kept in a file of the host, for whoever runs the playbook next, from wherever. A
 * confirmation that is kept counts only for the answers that it is kept with: when another answer is new since then,
 * or is another one, there is more to be done by hand, and it is asked again, unless it is given anew. On a terminal it asks; elsewhere the run ends here as `waiting` (exit status 3), with the checklist and a file to
 * fill in. In check mode it is `waiting`, too, with the checklist; the run goes on with unknowns.
 * @throws DabookError `playbook` for two questions of one name, `refused` for given answers that cannot be, and
 * for a file that keeps anything else
 * @example
 * const { state } = await manager.run(gate({
 *   title: 'Licence',
 *   checklist: [{ title: 'Licence server', lines: ['add this installation', 'note its number'] }],
 *   questions: [{ name: 'licence', text: 'number of the licence', kind: 'integer' }],
 *   variable: 'answers', // vars: z.object({ answers: z.record(z.string(), z.unknown()).default({}) })
 *   given: vars.answers,
 *   keep: { path: '/etc/app/answers.yml' },
 * }))
 * state.answers.licence // a number, or an Unknown in check mode
 */
export function gate<const Q extends readonly Question[]>(args: GateArgs<Q>): Task<GateState<Q>> {
  const { keep, accept, questions } = args;
  const names = questions.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new DabookError('playbook', `gate: two questions are named "${twice}"`);
  return asks({
    form: formOf(args),
    given: args.given ?? {},
    accept: accept as Gate['accept'],
    keep: {
      path: absolutePath(keep.path),
      mode: fourDigits(keep.mode ?? '0644'),
      owner: keep.owner === undefined ? undefined : accountName(keep.owner),
      group: keep.group === undefined ? undefined : accountName(keep.group),
    },
    // The state holds what the questions say: `decide` reads each answer by its kind.
  }) as Task<KeptAnswers> as Task<GateState<Q>>;
}

interface Gate extends Sources {
  readonly form: Form;
  readonly keep: Omit<PutStep, 'kind' | 'content'>;
}

const asks = task('gate', {
  rights: 'play',
  title: ({ form }: Gate) => form.title,
  fact: ({ keep, form }) => keptAnswers(keep.path, form.questions),
  want: (now, args): KeptAnswers => ({ answers: { ...now.answers, ...answersOf(now.answers, args) } }),
  steps: (now, _want, args): readonly Step[] => {
    const { answers, problem } = decide(now.answers, args);
    const { form, keep } = args;
    const names = new Set(form.questions.map(({ name }) => name));
    const others = Object.entries(now.answers).filter(
      ([name, answer]) => !names.has(name) && isKnown(answer),
    );
    const filled: Form = {
      ...form,
      questions: form.questions.map((question) => ({ ...question, answer: own(answers, question.name) })),
      ...(problem === undefined ? {} : { problem }),
      ...(others.length === 0 ? {} : { besides: Object.fromEntries(others) as Answers }),
    };
    if (filled.questions.some(({ answer }) => answer === undefined)) return [ask(filled, keep)];
    const { path, ...file } = keep;
    return [put(path, { ...file, content: { from: 'text', text: keptAnswersText(filled) } })];
  },
  stuck: (now, _want, args) => {
    const { problem } = decide(now.answers, args);
    return problem === undefined ? undefined : { reason: problem, final: true };
  },
});

function formOf({ title, checklist, questions, variable }: GateArgs): Form {
  return { title, checklist, questions, variable };
}
