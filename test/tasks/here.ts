import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Task } from '../../lib/index.ts';
import { createLocalTransport } from '../../lib/transport/local.ts';
import { onHosts, type Rig } from './rig.ts';

/** This machine, as the one host of a test. */
export const rig: Rig = {
  targets: [{ name: 'here', connection: 'local', address: 'localhost' }],
  become: false,
  connect: createLocalTransport({ user: 'me' }).connect,
};

/** Runs a task on it; its result is the state that came of it. */
export const on = <S>(task: Task<S>, options: { check?: boolean } = {}) =>
  onHosts(rig, async ([here]) => (await here.run(task)).state, options);

/**
 * A folder of this machine, gone after the test.
 * @param name how its name begins; one that is no plain word shows what does not quote
 * @param mode by default for its user alone
 */
export function folderOf(t: Test, name: string, mode = 0o700): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), name)));
  chmodSync(dir, mode);
  t.teardown(() => rmSync(dir, { recursive: true }));
  return dir;
}
