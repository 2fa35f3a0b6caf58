import { backupCases } from './backup-cases.ts';
import type { Case } from './case.ts';
import { fileCases } from './file-cases.ts';
import { otherCases } from './other-cases.ts';
import { treeCases } from './tree-cases.ts';

/** Each kind of work of each task that needs nothing but files. */
export const cases: readonly Case[] = [...fileCases, ...treeCases, ...backupCases, ...otherCases];
