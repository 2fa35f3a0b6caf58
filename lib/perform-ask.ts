import { keptAnswersText } from './answers-file.ts';
import { codeOf, DabookError, messageOf } from './errors.ts';
import { answered, type Form, openQuestions } from './form.ts';
import type { Operator } from './operator.ts';
import { type AskStep, type PutStep, put } from './step.ts';

/**
 * Asks the operator and keeps the answers on the host.
 * @param write performs the step that writes them
 * @throws DabookError `waiting` where nobody can be asked, or cannot answer now. Whatever was answered is in the
 * error's form, also where it could not be written.
 */
export async function performAsk(
  { form, keep }: AskStep,
  around: { readonly operator?: Operator | undefined; readonly signal: AbortSignal },
  write: (step: PutStep) => Promise<void>,
): Promise<void> {
  if (around.operator === undefined) throw waitingFor(form);
  const { path, ...file } = keep;
  const done = answered(form, await around.operator.ask(form, around.signal));
  try {
    await write(put(path, { ...file, content: { from: 'text', text: keptAnswersText(done) } }));
  } catch (error) {
    throw withForm(error, done);
  }
}

/** What is waited for, in words. */
export function waitsFor(form: Form): string {
  const open = openQuestions(form).length;
  const what = open === 1 ? 'an answer is' : `${open} answers are`;
  return `something is to be done by hand; ${what} waited for`;
}

function waitingFor(form: Form): DabookError {
  return new DabookError('waiting', waitsFor(form), {
    form,
    hint: `run on a terminal to be asked, or give them in the variable "${form.variable}"`,
  });
}

/** The same error; what was typed must not be lost with it. */
function withForm(error: unknown, form: Form): DabookError {
  const { hint, command, cause } = error instanceof DabookError ? error : {};
  return new DabookError(codeOf(error), messageOf(error), { hint, command, cause, form });
}
