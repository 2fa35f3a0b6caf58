/** What only a person can do, and what the run needs to be told of it. */
export interface Form {
  /** What it is about: `Digital Access Admin`. */
  readonly title: string;
  /** What is to be done by hand, in order; sections with their lines. */
  readonly checklist: readonly Section[];
  /** What is to be told when it is done. */
  readonly questions: readonly Question[];
  /** The playbook's variable that takes the answers, as in `-e @answers.yml`. */
  readonly variable: string;
  /** Why answers that were given before are not taken: `6 is the id of policy1 and of policy2`. */
  readonly problem?: string | undefined;
  /** Answers of other forms that are kept in the same file, and stay there. */
  readonly besides?: Answers | undefined;
}

/** A part of a checklist. */
export interface Section {
  readonly title: string;
  readonly lines: readonly string[];
}

/** Something that a person is asked. */
export interface Question {
  /** The key of its answer: `policy1`. */
  readonly name: string;
  /** For people: `id of policy1 (policy service on ha2)`. */
  readonly text: string;
  /** What an answer is: a whole number, a word or more, or that something is done. */
  readonly kind: 'integer' | 'text' | 'confirm';
  /** What is known already; not asked again. */
  readonly answer?: Answer | undefined;
}

export type Answer = string | number | boolean;

/** Answers by the names of their questions. */
export type Answers = Readonly<Record<string, Answer>>;

/** The questions of a form that have no answer yet. */
export function openQuestions({ questions }: Form): readonly Question[] {
  return questions.filter(({ answer }) => answer === undefined);
}

/** A form with more of its questions answered. */
export function answered(form: Form, answers: Answers): Form {
  const questions = form.questions.map((question) => {
    const answer = answers[question.name] ?? question.answer;
    return answer === undefined ? question : { ...question, answer };
  });
  return { ...form, questions };
}
