import { type Fact, fact } from './fact.ts';

/** Whether earlier tasks of this check change anything on this host. */
export const anythingForeseen: Fact<boolean> = fact({ key: ['anything foreseen'], read: async () => false });

/** Whether earlier tasks of this check run a command of which nobody says what follows from it. */
export const commandForeseen: Fact<boolean> = fact({ key: ['command foreseen'], read: async () => false });
