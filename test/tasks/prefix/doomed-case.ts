// Does a case in a process of its own that is ended by SIGKILL: by itself right before a step or as soon as it has
// ended, or by a program that the step's script starts.
import { cases } from './cases.ts';
import { placeDoom } from './doom.ts';
import { placeAt } from './place.ts';
import { runCase } from './run-case.ts';

/** Where a controller dies. */
export interface Point {
  readonly title: string;
  readonly root: string;
  readonly step: number;
  /** Before the step, after it, or in it, before the program with this number. */
  readonly moment: 'before' | 'after' | number;
}

const { title, root, step, moment }: Point = JSON.parse(process.argv[2] ?? '');
const it = cases.find((one) => one.title === title);
if (it === undefined) throw new Error(`there is no case ${title}`);
const at = placeAt(root);
const die = () => process.kill(process.pid, 'SIGKILL');

const { outcome, error } = await runCase(it, at, {
  before(begun) {
    if (begun !== step) return;
    if (moment === 'before') die();
    if (typeof moment === 'number') placeDoom(at).arm(moment, process.pid);
  },
  after(ended) {
    if (ended === step && moment === 'after') die();
  },
});
console.error(outcome, error);
