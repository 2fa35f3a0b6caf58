import { randomBytes } from 'node:crypto';
import { open, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, type ProcessOnHost, startOf } from '../is-running.ts';

/** Milliseconds after which whoever holds a lock is taken to be lost: what it is held for takes a few. */
const most = 60_000;
/** Milliseconds that somebody waits for a lock, in all. */
const patience = 3 * most;

/**
 * Does something while no other process does that holds the same lock: a file that says who does. One that was left by a
 * process that is gone, or has been there for a minute, is taken away.
 * @param path the file; its folder must be there
 * @throws what the work throws, or why the file cannot be made
 */
export async function whileLocked<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  // Of two that find the same file left over the slower one would take away what the faster one has made since.
  const takeAway = (left: string) => locked(`${path}.left`, () => removeThat(path, left), removeThat);
  return locked(path, work, (_, left) => takeAway(left));
}

async function locked<Result>(
  path: string,
  work: () => Promise<Result>,
  takeAway: (path: string, left: string) => Promise<void>,
): Promise<Result> {
  const own = JSON.stringify({
    host: hostname(),
    pid: process.pid,
    started: startOf(process.pid),
    id: randomBytes(8).toString('hex'),
  });
  const begun = performance.now();
  let seen = { text: '', since: begun };
  while (!(await make(path, own))) {
    const text = await contentOf(path);
    const now = performance.now();
    if (text === undefined) continue;
    if (text !== seen.text) seen = { text, since: now };
    // By this machine's own clock: a file's time may be that of another one.
    if (isLeft(text) || now - seen.since > most) await takeAway(path, text);
    else if (now - begun > patience) throw new Error(`others write it all the time, see ${path}`);
    else await jitter();
  }
  try {
    return await work();
  } finally {
    await removeThat(path, own);
  }
}

/** A pause after which others that wait are not all there at once. */
export async function jitter(): Promise<void> {
  await sleep(10 + Math.random() * 40);
}

/** @returns false where it is there already */
async function make(path: string, text: string): Promise<boolean> {
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    return undefined;
  });
  if (file === undefined) return false;
  try {
    await file.writeFile(text);
    return true;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

async function contentOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

async function removeThat(path: string, text: string): Promise<void> {
  if ((await contentOf(path)) === text) await rm(path, { force: true });
}

/** Whether who made it is gone. One that is still empty is being made, by somebody. */
function isLeft(text: string): boolean {
  try {
    const { host, pid, started } = JSON.parse(text) as ProcessOnHost;
    return isRunning({ host, pid, started }) === false;
  } catch {
    return false;
  }
}
