import type { Answers, Form } from './form.ts';

/** Whoever started a run, as far as they can be asked something while it goes on. */
export interface Operator {
  /**
   * Shows a form and asks its questions that have no answer yet.
   * @returns the answers to all of its questions
   * @throws DabookError `waiting` when they cannot answer now, with what they did answer in its form;
   * `interrupted` on Ctrl-C and when `signal` is aborted
   */
  ask(form: Form, signal: AbortSignal): Promise<Answers>;
}
