import type { Case } from './define-case.ts';

type Module = { readonly default: Case<unknown> };

/** Every case by its name, in the order in which they are run; loaded when they are. */
export const cases: Readonly<Record<string, () => Promise<Module>>> = {
  start: () => import('./start.ts'),
  'inventory-10k': () => import('./inventory-10k.ts'),
  'noop-20x10': () => import('./noop-20x10.ts'),
  'noop-wan': () => import('./noop-wan.ts'),
  'change-20x10': () => import('./change-20x10.ts'),
  'files-1000': () => import('./files-1000.ts'),
  'file-100m': () => import('./file-100m.ts'),
  'connect-1000': () => import('./connect-1000.ts'),
  'ha-converged': () => import('./ha-converged.ts'),
  'ha-apply': () => import('./ha-apply.ts'),
};
