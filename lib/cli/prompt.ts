import { createInterface } from 'node:readline';
import type { Io } from './io.ts';

/** Lines that are typed on a terminal, with echo and line editing. */
export interface Prompt {
  /** Asks for a line; nothing where the input has ended. */
  ask(question: string): Promise<string | undefined>;
  /** Gives the terminal back. */
  close(): void;
}

/**
 * Opens a prompt on a terminal. Lines that are pasted together answer the questions one after another.
 * @param interrupt called on Ctrl-C, which sends no signal while a line is edited
 */
export function openPrompt(
  { stdin }: Pick<Io, 'stdin'>,
  output: NodeJS.WritableStream,
  interrupt: () => void,
): Prompt {
  const lines: string[] = [];
  let ended = false;
  let take: ((line: string | undefined) => void) | undefined;
  // No history: an answer is not a draft of the next one.
  const editor = createInterface({ input: stdin, output, terminal: true, historySize: 0 });
  editor.on('line', (line) => {
    if (take === undefined) lines.push(line);
    else take(line);
    take = undefined;
  });
  editor.on('close', () => {
    ended = true;
    take?.(undefined);
    take = undefined;
  });
  editor.on('SIGINT', interrupt);
  return {
    ask(question) {
      if (ended) return Promise.resolve(undefined);
      editor.setPrompt(question);
      editor.prompt();
      const line = lines.shift();
      if (line !== undefined) {
        output.write(`${line}\n`);
        return Promise.resolve(line);
      }
      return new Promise((done) => {
        take = done;
      });
    },
    close: () => editor.close(),
  };
}
