import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { DabookError } from './errors.ts';
import { commandFailed, type Machine } from './machine.ts';
import { reveal } from './secret.ts';
import { sh } from './sh.ts';
import type { Content } from './step.ts';

/**
 * The bytes of a step's content, fetched from where they are.
 * @throws DabookError `conflict` when they are no longer those that the step was planned with
 */
export async function readContent(content: Content, machineOf: (host: string) => Machine): Promise<Buffer> {
  switch (content.from) {
    case 'text':
      return Buffer.from(content.text);
    case 'secret':
      return Buffer.from(reveal(content.secret));
    case 'control':
      return asPlanned(await readFile(content.path), content.sha256, content.path);
    case 'host': {
      const { host, become, path } = content;
      const command = sh`cat ${path}`.text;
      const asker = { become, purpose: 'fact' } as const;
      const { status, stdout, stderr } = await machineOf(host).exec(command, asker, command);
      if (status !== 0) {
        throw commandFailed(`${path} of ${host} cannot be read`, command, status, stderr.toString());
      }
      return asPlanned(stdout, content.sha256, `${path} of ${host}`);
    }
  }
}

function asPlanned(bytes: Buffer, sha256: string, what: string): Buffer {
  if (sha256Of(bytes) === sha256) return bytes;
  throw new DabookError('command', `${what} changed after it was looked at`, { hint: 'run again' });
}

/** SHA-256 in hexadecimal digits. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
