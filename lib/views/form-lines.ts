import { checklistLines } from '../checklist-lines.ts';
import type { Form } from '../form.ts';
import { visible, visibleLines } from '../visible.ts';
import type { Paint } from './paint.ts';
import { width, wrap } from './width.ts';

/** What the operator is to do and to tell, never cut: the title, why it is asked again, the checklist, the questions. */
export function formLines(form: Form, paint: Paint, columns: number): string[] {
  const open = form.questions.filter(({ answer }) => answer === undefined);
  return [
    ...introLines(form, paint, columns),
    ...knownLines(form, paint, columns),
    ...(open.length === 0 ? [] : [paint('magenta', 'To be answered when it is done:')]),
    ...open.flatMap(({ name, text }) => hanging('  - ', `${name}: ${text}`, columns)),
  ];
}

/** The questions that are not asked any more. */
export function knownLines({ questions }: Form, paint: Paint, columns: number): string[] {
  const known = questions.filter(({ answer }) => answer !== undefined);
  const lines = known.flatMap(({ name, text, answer }) =>
    hanging('  - ', `${name}: ${text}: ${answer}`, columns),
  );
  return known.length === 0 ? [] : ['Known already:', ...lines].map((line) => paint('dim', line));
}

/** What comes before the questions: the title, why they are asked again, the checklist. */
export function introLines({ title, checklist, problem }: Form, paint: Paint, columns: number): string[] {
  return [
    ...wrap(visible(title), columns).map((line) => paint('bold', paint('magenta', line))),
    ...(problem === undefined ? [] : wrap(visible(problem), columns).map((line) => paint('yellow', line))),
    ...checklistLines(checklist).flatMap(([head, text]) => {
      const lines = hanging(head, text, columns);
      return head === '' ? lines.map((line) => paint('bold', line)) : lines;
    }),
  ];
}

function hanging(head: string, text: string, columns: number): string[] {
  const room = Math.max(20, columns - width(head));
  return visibleLines(text)
    .flatMap((line) => wrap(line, room))
    .map((line, index) => (index === 0 ? head : ' '.repeat(head.length)) + line);
}
