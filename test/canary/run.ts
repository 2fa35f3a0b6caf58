import { run as runPlaybook } from '../../lib/run.ts';
import { checkWords } from './check-words.ts';

/** The engine's `run`, each event of which is searched for canaries: tests use it in the place of that. */
export const run: typeof runPlaybook = (book, inventory, options) =>
  runPlaybook(book, inventory, {
    ...options,
    onEvent: (event) => {
      checkWords(JSON.stringify(event), `an event ${event.type} of the playbook ${book.name}`);
      options.onEvent?.(event);
    },
  });
