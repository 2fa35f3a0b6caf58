import { stringify } from 'yaml';
import { checklistLines } from './checklist-lines.ts';
import type { Answer, Form, Question } from './form.ts';
import { visibleLines } from './visible.ts';

const wanted = { integer: 'a whole number', text: 'a text', confirm: 'true when it is so' } as const;

/**
 * A file for the operator to fill in and to give with `-e`: the checklists as comments, and for each variable a map
 * of its questions. What is known is filled in, what is not is left empty.
 */
export function answersFile(forms: readonly Form[]): string {
  const variables = [...new Set(forms.map(({ variable }) => variable))];
  const maps = variables.map((variable) => {
    const lines = questionsOf(forms, variable).flatMap((question) => [
      ...comment(`${question.text}: ${wanted[question.kind]}`),
      ...entry(question.name, question.answer),
    ]);
    return [...entry(variable), ...lines.map((line) => (line === '' ? line : `  ${line}`))];
  });
  const intents = new Set(forms.map((form) => intent(form).join('\n')));
  return textOf([...[...intents].map((text) => [text]), ...maps]);
}

/** The file of a host that keeps a form's answers: YAML, by the names of the questions. */
export function keptAnswersText(form: Form): string {
  const head = comment(`${form.title}: the answers that were given. To change one, run with -e.`);
  const besides = Object.entries(form.besides ?? {}).flatMap(([name, answer]) => entry(name, answer));
  const known = form.questions
    .filter(({ answer }) => answer !== undefined)
    .flatMap(({ name, text, answer }) => [...comment(text), ...entry(name, answer)]);
  return textOf([head, [...known, ...besides]]);
}

/** Every question that a variable takes the answers of, each once. */
function questionsOf(forms: readonly Form[], variable: string): readonly Question[] {
  const all = forms.filter((form) => form.variable === variable).flatMap(({ questions }) => questions);
  const byName = new Map(all.map((question) => [question.name, question]));
  return [...byName.values()];
}

function intent({ title, checklist, problem }: Form): readonly string[] {
  const lines = checklistLines(checklist).map(([head, text]) => head + text);
  return [title, ...(problem === undefined ? [] : [problem]), '', ...lines].flatMap(comment);
}

function comment(text: string): readonly string[] {
  return visibleLines(text).map((line) => `# ${line}`.trimEnd());
}

function entry(name: string, answer?: Answer): readonly string[] {
  const text = stringify({ [name]: answer ?? null }, { lineWidth: 0, nullStr: '' });
  return text.trimEnd().split('\n');
}

/** Parts with an empty line between them. */
function textOf(parts: readonly (readonly string[])[]): string {
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}
