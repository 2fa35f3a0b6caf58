// Loaded into the process of each test file by test/typescript.js. It searches what goes through this process for
// canaries: arguments and environments of what it starts, what dabook and it itself print, and files before they are removed.
import { checkOwnWords } from './check-own-words.ts';
import { checkRemovals } from './check-removals.ts';
import { checkStarts } from './check-starts.ts';

checkOwnWords();
checkRemovals();
checkStarts();
