import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DabookError, messageOf } from '../errors.ts';
import { shownKey, typeOf } from './shown-key.ts';

/**
 * Refuses a key that `RevokedHostKeys` of the ssh configuration names. As with ssh, a file that cannot be read revokes every
 * key. undefined for a key that is not revoked. Never rejects.
 */
export async function revocation(host: string, file: string, blob: Buffer): Promise<DabookError | undefined> {
  try {
    if (!(await isRevokedBy(host, file, blob))) return undefined;
    return new DabookError(
      'unreachable',
      `the host key of ${host} is revoked: it showed ${shownKey(blob)}, revoked by ${file}`,
      { hint: 'do not connect: somebody else may hold this key' },
    );
  } catch (error) {
    return error as DabookError;
  }
}

/**
 * Whether a file names a key as revoked: a list of public keys, or a list as `ssh-keygen -k` makes it (KRL), which
 * ssh-keygen is asked about.
 * @throws DabookError `unreachable` where it cannot be read
 */
export async function isRevokedBy(host: string, file: string, blob: Buffer): Promise<boolean> {
  try {
    return await isRevoked(file, blob);
  } catch (error) {
    throw new DabookError(
      'unreachable',
      `${host}: which host keys are revoked cannot be read, and so none is trusted: ${file}: ${messageOf(error)}`,
      { hint: 'see RevokedHostKeys in the ssh configuration', cause: error },
    );
  }
}

async function isRevoked(file: string, blob: Buffer): Promise<boolean> {
  const content = await readFile(file);
  if (content.subarray(0, 6).toString('latin1') === 'SSHKRL') return isInKrl(file, blob);
  const key = blob.toString('base64').replace(/=+$/, '');
  return content
    .toString('latin1')
    .split('\n')
    .some((line) => line.split(/\s+/).some((word) => word.replace(/=+$/, '') === key));
}

async function isInKrl(file: string, blob: Buffer): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'dabook-'));
  try {
    const key = join(folder, 'key.pub');
    await writeFile(key, `${typeOf(blob)} ${blob.toString('base64')}\n`);
    const asked = await promisify(execFile)('ssh-keygen', ['-Q', '-f', file, key]).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (asked === undefined) return false;
    const said = asked instanceof Error && 'stdout' in asked ? String(asked.stdout) : '';
    if (/REVOKED/.test(said)) return true;
    throw asked;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
