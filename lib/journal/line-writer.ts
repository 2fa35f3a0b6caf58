import { fstatSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/** Writes lines in order. It never throws: its first fault is told, and nothing more is written then. */
export interface LineWriter {
  write(line: string): void;
  /** Settles when all that was written before is on the disk, or never will be. Never rejects. */
  synced(): Promise<void>;
  /** Settles when all is written, and on the disk if anything had to be, and the file is closed. Never rejects. */
  end(): Promise<void>;
}

/** A file that lines go to, and what has its name on the disk. */
export interface OpenedFile {
  readonly file: FileHandle;
  syncName(): Promise<void>;
}

/**
 * Makes a writer. What is told in one turn is written at once; those who wait at one time share one sync, however many
 * they are.
 * @param opening the file; lines are kept until it is there
 * @param onFault told once of what keeps lines from being written
 */
export function createLineWriter(
  opening: Promise<OpenedFile>,
  onFault: (error: unknown) => void,
): LineWriter {
  let lines: string[] = [];
  let waiting: { readonly sync: boolean; readonly done: () => void }[] = [];
  let works = false;
  let isBroken = false;
  let hasSynced = false;
  // It is told when the first line is to be written.
  opening.catch(() => {});

  async function put(text: string, sync: boolean): Promise<void> {
    const { file, syncName } = await opening;
    if (text !== '') await file.appendFile(text);
    // What is written to a file that was removed is read by nobody.
    if (fstatSync(file.fd).nlink === 0) throw new Error('its file was removed');
    if (!sync) return;
    await file.datasync();
    if (!hasSynced) await syncName();
    hasSynced = true;
  }

  async function work(): Promise<void> {
    await new Promise((done) => setImmediate(done));
    while (lines.length > 0 || waiting.length > 0) {
      const text = lines.join('');
      const served = waiting;
      lines = [];
      waiting = [];
      try {
        if (!isBroken)
          await put(
            text,
            served.some(({ sync }) => sync),
          );
      } catch (error) {
        isBroken = true;
        onFault(error);
      }
      for (const { done } of served) done();
    }
    works = false;
  }

  function begin(): void {
    if (works) return;
    works = true;
    void work();
  }

  function written(sync: boolean): Promise<void> {
    if (isBroken) return Promise.resolve();
    return new Promise((done) => {
      waiting.push({ sync, done });
      begin();
    });
  }

  return {
    write(line) {
      if (isBroken) return;
      lines.push(line);
      begin();
    },
    synced: () => written(true),
    async end() {
      // Of a run that did no step there is nothing that a power cut could make anybody wonder about.
      await written(hasSynced);
      await opening.then(({ file }) => file.close()).catch(() => {});
    },
  };
}
