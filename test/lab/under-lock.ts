import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Seconds that one command of the lab may keep another one waiting. */
const PATIENCE = 300;

/**
 * Does some work while no other process on this machine does work under the same name. The lock is a socket
 * without a file: the kernel takes it back when its holder ends, killed or not, so none is ever stale.
 * @throws Error where another process keeps the lock for five minutes
 */
export async function underLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const release = await take(`\0dabook-lab/${name}`, name);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function take(path: string, name: string): Promise<() => Promise<void>> {
  const until = performance.now() + PATIENCE * 1000;
  for (;;) {
    const release = await tryOnce(path);
    if (release !== undefined) return release;
    if (performance.now() > until)
      throw new Error(`another process has been busy with the lab "${name}" for ${PATIENCE} s`);
    await sleep(50);
  }
}

function tryOnce(path: string): Promise<(() => Promise<void>) | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(path, () => {
      server.unref();
      resolve(() => new Promise((closed) => server.close(() => closed())));
    });
  });
}
