// Loaded into the process of each test file by test/typescript.js. It searches what goes through this process for
// canaries: arguments and environments of what it starts, what dabook prints, and files before they are removed.
import { checkRemovals } from './check-removals.ts';
import { checkStarts } from './check-starts.ts';

checkRemovals();
checkStarts();
