import { open, readFile } from 'node:fs/promises';
import { isRecord } from '../equal.ts';
import { DabookError, messageOf } from '../errors.ts';
import { isJournalLine } from './is-journal-line.ts';
import { type JournalLine, journalVersion, type RunMeta } from './journal-line.ts';

/** What a journal holds. */
export interface JournalRead {
  readonly meta: RunMeta;
  /** Every line, in order; `meta` is the first one. */
  readonly lines: readonly JournalLine[];
  /** The last line is not whole: whoever wrote it was ended meanwhile. It is not among the lines. */
  readonly isCut: boolean;
}

/** How much of a file is read for its first line. */
const LONGEST_META = 256 * 1024;

/**
 * Reads a journal.
 * @throws DabookError `usage` with file and line where a line is no JSON, or where the journal is of a newer dabook
 */
export async function readJournal(file: string): Promise<JournalRead> {
  const texts = (await readFile(file, 'utf8').catch(refuse(file))).split('\n');
  const last = texts.pop() ?? '';
  const lines = texts.map((text, index) => lineOf(text, file, index + 1));
  return { meta: metaOf(lines[0], file), lines, isCut: last !== '' };
}

/**
 * Reads the first line of a journal alone; undefined where it is not whole: the run was ended just when it began, and
 * has done nothing.
 * @throws as {@link readJournal} does
 */
export async function readMeta(file: string): Promise<RunMeta | undefined> {
  const opened = await open(file, 'r').catch(refuse(file));
  try {
    const { buffer, bytesRead } = await opened.read(Buffer.alloc(LONGEST_META), 0, LONGEST_META, 0);
    const end = buffer.subarray(0, bytesRead).indexOf('\n');
    return end < 0 ? undefined : metaOf(lineOf(buffer.toString('utf8', 0, end), file, 1), file);
  } finally {
    await opened.close();
  }
}

function refuse(file: string) {
  return (error: unknown): never => {
    throw new DabookError('usage', `the journal ${file} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  };
}

function lineOf(text: string, file: string, number: number): JournalLine {
  try {
    const line: unknown = JSON.parse(text);
    if (isReadable(line)) return line as JournalLine;
  } catch {
    // Told below.
  }
  throw new DabookError('usage', `${file}:${number}: this line is none of a journal`, {
    hint: 'the file was damaged or changed by hand; what stands before that line can still be read in it',
  });
}

/** The first line of a newer dabook, and one that is cut down, are told of in words of their own. */
function isReadable(line: unknown): boolean {
  return isJournalLine(line) || (isRecord(line) && line.type === 'journal.started');
}

function metaOf(line: JournalLine | undefined, file: string): RunMeta {
  if (line?.type !== 'journal.started') {
    throw new DabookError('usage', `${file} does not begin as a journal does`, {
      hint: 'the run may have been ended just when it began; nothing was done by it then',
    });
  }
  if (typeof line.version === 'number' && line.version > journalVersion) {
    throw new DabookError('usage', `${file} was written by a newer dabook (${line.dabook})`, {
      hint: 'read it with that one',
    });
  }
  if (!isJournalLine(line)) {
    throw new DabookError('usage', `${file}:1: what a journal begins with is missing`, {
      hint: 'the file was damaged or changed by hand',
    });
  }
  return line;
}
