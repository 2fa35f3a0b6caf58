import type { Writable } from 'node:stream';

/**
 * Makes the function that writes to a command's stdin and waits where that is full: ssh2 and Node keep
 * whatever they are given, so that a writer who did not wait would hold a whole file in memory.
 * @param ended settles with the command: what is left to write is of no use then
 */
export function channelWriter(stdin: Writable, ended: Promise<unknown>): (bytes: Buffer) => Promise<void> {
  let over = false;
  const waiting: (() => void)[] = [];
  const goOn = () => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  stdin.on('drain', goOn);
  ended.then(() => {
    over = true;
    goOn();
  });
  return async (bytes) => {
    if (over || stdin.write(bytes)) return;
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
}
