import { readFile } from 'node:fs/promises';
import { codeOf, DabookError, messageOf } from './errors.ts';
import { commandFailed, type Machine } from './machine.ts';
import { reveal } from './secret.ts';
import { sh } from './sh.ts';
import { sha256Of } from './sha256.ts';
import type { Content } from './step.ts';

/**
 * The bytes of a step's content, fetched from where they are.
 * @throws DabookError `command` when they are no longer those that the step was planned with, and when the
 * host that they are on cannot be read, be it that it cannot be reached
 */
export async function readContent(content: Content, machineOf: (host: string) => Machine): Promise<Buffer> {
  switch (content.from) {
    case 'text':
      return Buffer.from(content.text);
    case 'secret':
      return Buffer.from(reveal(content.secret));
    case 'control':
      return asPlanned(await readFile(content.path), content.sha256, content.path);
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
  throw new DabookError('command', `${what} changed after it was looked at`, { hint: 'run again' });
}
