import { whyNot } from './why-not.ts';

/**
 * For the tests that need a lab: the reason to skip them, or false where it can run.
 * @throws Error in CI, where nothing of the lab may be skipped
 */
export async function skipWithoutLab(): Promise<string | false> {
  const reason = await whyNot();
  if (reason !== undefined && process.env.CI) throw new Error(`the lab cannot run in CI: ${reason}`);
  return reason ?? false;
}
