import type { Part } from './part.ts';
import { soak } from './soak.ts';

/** What has to stand for a long time, from many hosts at once and from bad ones. */
export const soakPart: Part = ({ report, seed }) =>
  soak({
    seed,
    onCase: ({ title, passed, told, seconds }) =>
      report.told(title, passed ? [] : [told], `${passed ? `${told}; ` : ''}${Math.round(seconds)} s`),
  });
