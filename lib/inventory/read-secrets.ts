import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import PQueue from 'p-queue';
import { DabookError, messageOf } from '../errors.ts';
import type { InputFault } from '../input-fault.ts';
import { createKnownTexts } from '../known-texts.ts';
import { createRedactor, type Redactor } from '../redact.ts';
import { isRead } from '../secret.ts';
import type { Keys } from '../secrets/keys.ts';
import { openVault } from '../secrets/open-vault.ts';
import { readSecretFile } from '../secrets/read-secret-file.ts';
import { ProgramError, runProgram, withSaid } from '../secrets/run-program.ts';
import { textOfSecret, wholeTextOfSecret } from '../secrets/text-of-secret.ts';
import { secretsIn } from '../secrets-in.ts';
import { createFindings, type Findings } from './findings.ts';
import { LateSecret, type LateSource } from './late-secret.ts';

/** What secrets are read with. */
export interface SecretAccess {
  readonly keys: Pick<Keys, 'vaultPasswords'>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What `~/` stands for; the system's home folder by default. */
  readonly home?: string | undefined;
}

/** Few enough for a password manager that answers one after another. */
const AT_ONCE = 8;

/**
 * Reads the secrets of a value that an inventory names, wherever they are in it: several at once, and each once,
 * however many hosts or variables name it. Those outside of it stay unread.
 * @returns all that cannot be read, each with its place; and what to warn of
 */
export async function readSecrets(
  value: unknown,
  access: SecretAccess,
): Promise<{ readonly faults: readonly InputFault[]; readonly warnings: readonly string[] }> {
  const findings = createFindings();
  const queue = new PQueue({ concurrency: AT_ONCE });
  const same = new Map<string, LateSecret[]>();
  for (const found of secretsIn(value)) {
    if (!(found instanceof LateSecret)) continue;
    if (isRead(found)) continue;
    const { source, folder } = LateSecret.sourceOf(found);
    const key = JSON.stringify(source.from === 'exec' ? [source, folder] : source);
    same.set(key, [...(same.get(key) ?? []), found]);
  }
  const failed = await queue.addAll(
    [...same.values()].map((secrets) => () => readAll(secrets, access, findings)),
  );
  // A program that fails may print what others have read: what that is, is known now.
  const redactor = createRedactor();
  redactor.learn(value);
  for (const each of failed) each && tell(each, redactor, findings);
  return { faults: findings.faults, warnings: findings.warnings };
}

/** Secrets that have one source, and why it gives none. */
interface Failed {
  readonly lates: readonly LateSource[];
  readonly error: DabookError;
}

/** @returns nothing where they have been read */
async function readAll(
  secrets: readonly LateSecret[],
  access: SecretAccess,
  findings: Findings,
): Promise<Failed | undefined> {
  const lates = secrets.map(LateSecret.sourceOf);
  const [first] = lates;
  if (first === undefined) return undefined;
  try {
    const text = await textOf(first, access, findings);
    for (const secret of secrets) LateSecret.fill(secret, text);
    return undefined;
  } catch (error) {
    if (!(error instanceof DabookError) || error.code !== 'inventory') throw error;
    return { lates, error };
  }
}

function tell({ lates, error }: Failed, redactor: Redactor, findings: Findings): void {
  for (const late of lates) {
    const message =
      error instanceof ProgramError
        ? withSaid(error.why, withoutWords(redactor.cutOff(error.said), late))
        : messageOf(error);
    findings.fault(message, late.place, error.hint);
  }
}

/** What a program said, without what an encrypted file has in its command, which may be a password. */
function withoutWords(said: string, { source, place, shown }: LateSource): string {
  if (source.from !== 'exec' || place.source.sealed === undefined) return said;
  const known = createKnownTexts();
  for (const word of source.words.slice(1)) {
    for (const part of [word, ...word.split(/[^\w.-]+/)]) known.add(part, `<${shown}>`);
  }
  return known.replaceAtEnds(known.replaceIn(said));
}

async function textOf(
  late: LateSource,
  { env, home, keys }: SecretAccess,
  findings: Findings,
): Promise<string> {
  const { source, folder, place, shown } = late;
  switch (source.from) {
    case 'env': {
      const value = env[source.name];
      if (value) return value;
      throw new DabookError('inventory', `${shown}: the variable is ${value === '' ? 'empty' : 'not set'}`, {
        hint: `set it where dabook is started: export ${place.source.sealed === undefined ? source.name : 'NAME'}=…`,
      });
    }
    case 'file': {
      const path = source.path.startsWith('~/') ? join(home ?? homedir(), source.path.slice(2)) : source.path;
      const { bytes, mode } = await readSecretFile(path, shown);
      if (mode & 0o004)
        findings.warn(`${shown}: everybody on this machine may read it; chmod 600 keeps it yours`, place);
      return textOfSecret(bytes, shown);
    }
    case 'exec':
      return textOfSecret(await runProgram(source.words, { cwd: resolve(folder), env, shown }), shown);
    case 'vault':
      return wholeTextOfSecret(await openVault(source.text, await keys.vaultPasswords()), shown);
  }
}
