import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { commandFailed } from './command-failed.ts';
import { codeOf, DabookError, messageOf } from './errors.ts';
import type { Machine } from './machine.ts';
import { readPieces, sourceChanged } from './read-pieces.ts';
import { reveal } from './secret.ts';
import { sh } from './sh.ts';
import { sha256Of } from './sha256.ts';
import type { Content } from './step.ts';
import type { StdinStream } from './transport/session.ts';

/** Larger files of the control machine are read piece by piece, of which few are in memory at a time. Bytes. */
const largestRead = 2 ** 20;

/**
 * The bytes of a step's content, fetched from where they are. Those of a large file of the control machine are
 * read as they are sent: whether they are the planned ones is for their reader to see.
 * @throws DabookError `command` when they are no longer those that the step was planned with, and when the
 * host that they are on cannot be read, be it that it cannot be reached
 */
export async function readContent(
  content: Content,
  machineOf: (host: string) => Machine,
): Promise<Buffer | StdinStream> {
  switch (content.from) {
    case 'text':
      return Buffer.from(content.text);
    case 'secret':
      return Buffer.from(reveal(content.secret));
    case 'control': {
      const { path, sha256 } = content;
      const { size } = await stat(path);
      if (size > largestRead) return { size, chunks: () => readPieces(path, size) };
      return asPlanned(await readFile(path), sha256, path);
    }
    case 'host':
      return asPlanned(
        await readOn(content, machineOf),
        content.sha256,
        `${content.path} of ${content.host}`,
      );
  }
}

async function readOn(
  { host, become, path }: Extract<Content, { from: 'host' }>,
  machineOf: (host: string) => Machine,
): Promise<Buffer> {
  const command = sh`cat ${path}`.text;
  try {
    const { status, stdout, stderr } = await machineOf(host).exec(
      command,
      { become, purpose: 'fact' },
      command,
    );
    if (status === 0) return stdout;
    const why = stderr.toString();
    throw commandFailed(`${path} of ${host} cannot be read`, command, status, why);
  } catch (cause) {
    // The trouble of the host that it comes from: the one that is written to was reached.
    if (!['unreachable', 'become'].includes(codeOf(cause))) throw cause;
    const hint = cause instanceof DabookError ? cause.hint : undefined;
    throw new DabookError('command', `${path} of ${host} cannot be read: ${messageOf(cause)}`, {
      cause,
      hint,
    });
  }
}

function asPlanned(bytes: Buffer, sha256: string, what: string): Buffer {
  if (sha256Of(bytes) === sha256) return bytes;
  throw sourceChanged(what);
}

/**
 * Tells why a step failed whose content was sent as it was read: it was not the planned one any more.
 * @throws DabookError `command` where that is so
 */
export async function refuseChanged(content: Content | undefined): Promise<void> {
  if (content?.from !== 'control') return;
  const { path, sha256 } = content;
  const { size } = await stat(path);
  if (size <= largestRead) return;
  const hash = createHash('sha256');
  for await (const piece of readPieces(path, size)) hash.update(piece);
  if (hash.digest('hex') !== sha256) throw sourceChanged(path);
}
