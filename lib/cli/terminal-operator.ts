import { DabookError } from '../errors.ts';
import { type Answer, type Answers, answered, type Form, openQuestions, type Question } from '../form.ts';
import type { Operator } from '../operator.ts';
import { readAnswer } from '../read-answer.ts';
import { introLines, knownLines } from '../views/form-lines.ts';
import type { Paint } from '../views/paint.ts';
import type { Output } from '../views/view.ts';
import { wrap } from '../views/width.ts';
import { visible } from '../visible.ts';
import type { Io } from './io.ts';
import { openPrompt, type Prompt } from './prompt.ts';

interface Terminal {
  readonly io: Io;
  /** Where the questions are shown. */
  readonly out: Output;
  readonly paint: Paint;
  /** Takes the terminal from the view, until what it returns is called. */
  readonly suspend: () => () => void;
  /** What Ctrl-C does. */
  readonly interrupt: () => void;
}

/** Whoever sits at the terminal. */
export interface TerminalOperator extends Operator {
  /** Shows lines and asks whether to go on: only `yes` is one. False, too, where the input has ended. */
  confirm(lines: readonly string[], question: string, signal: AbortSignal): Promise<boolean>;
}

/**
 * Asks whoever sits at the terminal: one form at a time, whichever hosts they are for. Once they have said that
 * they cannot answer now, they are asked nothing more.
 */
export function terminalOperator(terminal: Terminal): TerminalOperator {
  let before: Promise<unknown> = Promise.resolve();
  let later = false;

  /** Has the terminal for itself while it works. */
  async function alone<T>(signal: AbortSignal, work: (prompt: Prompt) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const resume = terminal.suspend();
    const prompt = openPrompt(terminal.io, terminal.out, terminal.interrupt);
    signal.addEventListener('abort', prompt.close, { once: true });
    try {
      return await work(prompt);
    } finally {
      signal.removeEventListener('abort', prompt.close);
      prompt.close();
      terminal.out.write('\n');
      resume();
    }
  }

  async function show(form: Form, signal: AbortSignal): Promise<Answers> {
    if (later) throw leftForLater(form, {});
    try {
      return await alone(signal, (prompt) => askAll(form, prompt, terminal, signal));
    } catch (error) {
      later = true;
      throw error;
    }
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const working = before.then(work);
    before = working.catch(() => undefined);
    return working;
  }

  return {
    ask: (form, signal) => inTurn(() => show(form, signal)),
    confirm: (lines, question, signal) =>
      inTurn(() =>
        alone(signal, async (prompt) => {
          terminal.out.write(`${['', ...lines].join('\n')}\n`);
          const line = await prompt.ask(`${terminal.paint('bold', question)} `);
          signal.throwIfAborted();
          return line?.trim().toLowerCase() === 'yes';
        }),
      ),
  };
}

async function askAll(form: Form, prompt: Prompt, terminal: Terminal, signal: AbortSignal): Promise<Answers> {
  const { out, paint } = terminal;
  const columns = out.columns ?? 80;
  const answers: Record<string, Answer> = {};
  const lines = [
    '',
    ...introLines(form, paint, columns),
    ...knownLines(form, paint, columns),
    ...wrap(
      'Answer when it is done. Ctrl-D ends the run here, and nothing is lost: a later one goes on.',
      columns,
    ).map((line) => paint('dim', line)),
  ];
  out.write(`${lines.join('\n')}\n`);
  for (const question of openQuestions(form)) {
    const answer = await askOne(question, prompt, terminal);
    if (signal.aborted) throw interrupted(form, answers);
    if (answer === undefined) throw leftForLater(form, answers);
    answers[question.name] = answer;
  }
  return answers;
}

/** Asks until there is an answer; none where the operator cannot answer now. */
async function askOne(
  { kind, text }: Question,
  prompt: Prompt,
  { out, paint }: Terminal,
): Promise<Answer | undefined> {
  const question = paint('bold', visible(text).replace(/[?:]$/, '') + (kind === 'confirm' ? '? (y/N)' : ':'));
  for (;;) {
    const line = await prompt.ask(`${question} `);
    if (line === undefined) return undefined;
    const read = readAnswer(kind, line);
    if ('wrong' in read) out.write(`${paint('yellow', read.wrong)}\n`);
    else if (line.trim() === '' && kind !== 'confirm')
      out.write(`${paint('yellow', 'an answer is needed; Ctrl-D leaves it for later')}\n`);
    else if (read.answer !== undefined || kind === 'confirm') return read.answer;
  }
}

function leftForLater(form: Form, answers: Answers): DabookError {
  return new DabookError('waiting', 'it was left for later', { form: answered(form, answers) });
}

/** What was typed is not lost by it. */
function interrupted(form: Form, answers: Answers): DabookError {
  const typed = Object.keys(answers).length > 0 ? { form: answered(form, answers) } : {};
  return new DabookError('interrupted', 'interrupted', typed);
}
