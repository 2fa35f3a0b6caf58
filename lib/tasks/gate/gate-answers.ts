import { type Fact, fact } from '../../fact.ts';
import type { Question } from '../../form.ts';
import { absolutePath } from '../files/absolute-path.ts';
import { answersOf, type Sources } from './decide.ts';
import type { GateArgs, GateState } from './gate.ts';
import { keptAnswers } from './kept-answers.ts';

/** What decides which answers hold: a gate's arguments, without what is to be done by hand. */
export type GateAnswersArgs<Q extends readonly Question[] = readonly Question[]> = Pick<
  GateArgs<Q>,
  'questions' | 'variable' | 'given' | 'accept' | 'keep'
>;

/**
 * The answers of a gate that hold as things are, an unknown for each that is yet to be given: what the tasks behind the
 * gate can be planned with before it is reached. Nobody is asked.
 * @throws DabookError `refused` as the gate does
 * @example
 * const { answers } = await manager.read(gateAnswers({ questions, variable: 'answers', given: vars.answers, keep }))
 * if (Object.values(answers).every(isKnown)) …
 */
export function gateAnswers<const Q extends readonly Question[]>(
  args: GateAnswersArgs<Q>,
): Fact<GateState<Q>> {
  const { questions, variable, given, accept, keep } = args;
  const path = absolutePath(keep.path);
  const sources: Sources = {
    form: { questions, variable },
    given: given ?? {},
    accept: accept as Sources['accept'],
  };
  return fact({
    key: ['gate answers', path, ...questions.map(({ name }) => name)],
    read: async (ask) => {
      const kept = await ask.fact(keptAnswers(path, questions));
      // Each answer is of its question's kind: `answersOf` reads it by that.
      return { answers: answersOf(kept.answers, sources) } as unknown as GateState<Q>;
    },
  });
}
