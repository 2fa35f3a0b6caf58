import { createHmac, timingSafeEqual } from 'node:crypto';
import { DabookError } from '../errors.ts';
import type { KeptPlan } from './kept-plan.ts';

const SEAL = /,\n {2}"seal": "([0-9a-f]{64})"\n\}\n$/;

/** Characters at either end of a plan by which it is known as one. */
export const edge = 100;

/** Whether a file with these ends is a plan, whoever made it. */
export function isFramed(start: string, end: string): boolean {
  return start.startsWith('{\n  "format": ') && SEAL.test(end);
}

/** A plan as the text of its file: JSON, whose last entry tells whether anything was changed by hand. */
export function sealPlan(plan: KeptPlan, key: Uint8Array): string {
  const body = JSON.stringify(plan, undefined, 2);
  return `${body.slice(0, -2)},\n  "seal": "${sealOf(body, key)}"\n}\n`;
}

/**
 * A plan of its file's text. Nothing in it is looked at before its seal is found to be right.
 * @param shown the file's name, as it was given
 * @param version this dabook's
 * @throws DabookError `usage` for what is no plan, was changed, or was made with another key or by another version
 */
export function openPlan(text: string, key: Uint8Array, shown: string, version: string): KeptPlan {
  const again = 'make it anew: dabook plan … -o FILE';
  const [end, seal] = SEAL.exec(text.slice(-edge)) ?? [];
  if (end === undefined || seal === undefined || !isFramed(text.slice(0, edge), text.slice(-edge))) {
    throw new DabookError('usage', `${shown} is no plan of dabook's`, { hint: again });
  }
  const body = `${text.slice(0, -end.length)}\n}`;
  if (!timingSafeEqual(Buffer.from(seal, 'hex'), Buffer.from(sealOf(body, key), 'hex'))) {
    throw new DabookError(
      'usage',
      `the seal of ${shown} is not right: it was changed since, or made by another user or on another machine`,
      {
        hint: `${again}; where two machines share their plans, give both the same key: DABOOK_PLAN_KEY=<file>`,
      },
    );
  }
  const plan = JSON.parse(body) as KeptPlan;
  if (plan.dabook === version && plan.format === 1) return plan;
  throw new DabookError('usage', `${shown} was made by dabook ${plan.dabook}, and this is ${version}`, {
    hint: again,
  });
}

function sealOf(body: string, key: Uint8Array): string {
  return createHmac('sha256', key).update(`seal\n${body}`).digest('hex');
}
