import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { DabookError } from '../errors.ts';
import { type Secret, secret } from '../secret.ts';
import type { Keys } from '../secrets/keys.ts';
import { isAge, openAge } from '../secrets/open-age.ts';
import { readSecretFile } from '../secrets/read-secret-file.ts';
import { runProgram } from '../secrets/run-program.ts';
import { askPassword } from './ask-password.ts';
import type { Io } from './io.ts';
import { operator } from './operator.ts';
import type { SecretFlags } from './secret-options.ts';

/** What opens encrypted files and values: from the options, the environment and the home folder. Nothing is read yet. */
export function secretKeys(io: Io, flags: SecretFlags): Keys {
  let vault: Promise<readonly Secret[]> | undefined;
  let identities: Promise<readonly Secret[]> | undefined;
  const passphrases = new Map<string, Promise<Secret>>();
  // One question after another, however many files are opened at once.
  let asked: Promise<unknown> = Promise.resolve();

  function ask(question: string, label: string, hint: string): Promise<Secret> {
    const answer = asked.then(() => askPassword(io, { question, label, hint }));
    asked = answer.catch(() => undefined);
    return answer;
  }

  function passphrase(shown: string): Promise<Secret> {
    if (io.stdin.isTTY !== true) {
      throw new DabookError('inventory', `the passphrase of ${shown} can be asked for on a terminal only`);
    }
    const known = passphrases.get(shown);
    const answer = known ?? ask(`passphrase of ${shown}: `, `passphrase of ${shown}`, 'it opens the file');
    passphrases.set(shown, answer);
    return answer;
  }

  async function vaultPasswords(): Promise<readonly Secret[]> {
    const given = io.env.ANSIBLE_VAULT_PASSWORD_FILE;
    const files = flags.vaultPasswordFile ?? (given && !flags.askVaultPass ? [given] : []);
    const read = await Promise.all(files.map((file) => vaultPassword(io, file)));
    const hint = 'leave out --ask-vault-pass where nothing is encrypted with ansible-vault';
    if (flags.askVaultPass) read.push(await ask('vault password: ', 'vault password', hint));
    if (read.length > 0) return read;
    throw new DabookError(
      'inventory',
      'this is encrypted with ansible-vault, and no password is given for it',
      {
        hint: 'give it with --vault-password-file FILE, with ANSIBLE_VAULT_PASSWORD_FILE, or type it: --ask-vault-pass',
      },
    );
  }

  async function allIdentities(): Promise<readonly Secret[]> {
    const files = await identityFiles(io, flags);
    const found = await Promise.all(files.map((file) => identitiesIn(io, file, passphrase)));
    if (found.flat().length > 0) return found.flat();
    throw new DabookError(
      'inventory',
      'this is encrypted with age, and there is no identity to open it with',
      {
        hint: `give one with --identity FILE or DABOOK_IDENTITY, or keep it in ${defaultIdentity(io) ?? 'your home folder'}`,
      },
    );
  }

  return {
    vaultPasswords: () => {
      vault ??= vaultPasswords();
      return vault;
    },
    identities: () => {
      identities ??= allIdentities();
      return identities;
    },
    passphrase: async (shown) => passphrase(shown),
  };
}

/** Where an identity is kept that no option names. */
export function defaultIdentity(io: Io): string | undefined {
  const { home } = operator(io);
  const given = io.env.XDG_CONFIG_HOME;
  const folder = given && isAbsolute(given) ? given : home && join(home, '.config');
  return folder && join(folder, 'dabook', 'identity.txt');
}

/** A path as it was given, with the home folder in it. */
function pathOf(io: Io, file: string): string {
  const { home } = operator(io);
  return file.startsWith('~/') && home ? join(home, file.slice(2)) : resolve(io.cwd(), file);
}

/** As ansible-vault has it: a file that can be run is run. */
async function vaultPassword(io: Io, file: string): Promise<Secret> {
  const path = pathOf(io, file);
  const shown = `the vault password file ${file}`;
  const isProgram = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
  const bytes = isProgram
    ? await runProgram([path], { cwd: io.cwd(), env: io.env, shown })
    : (await readSecretFile(path, shown)).bytes;
  const text = isProgram ? bytes.toString().replace(/^[\r\n]+|[\r\n]+$/g, '') : bytes.toString().trim();
  if (text === '') throw new DabookError('inventory', `${shown} gives nothing`);
  return secret('vault password', text);
}

async function identityFiles(io: Io, { identity }: SecretFlags): Promise<readonly string[]> {
  if (identity !== undefined) return identity.filter((file) => file !== '-');
  if (io.env.DABOOK_IDENTITY) return [io.env.DABOOK_IDENTITY];
  const usual = defaultIdentity(io);
  const isThere =
    usual !== undefined &&
    (await access(usual).then(
      () => true,
      () => false,
    ));
  return isThere ? [usual] : [];
}

async function identitiesIn(
  io: Io,
  file: string,
  passphrase: (shown: string) => Promise<Secret>,
): Promise<readonly Secret[]> {
  const shown = `the identity file ${file}`;
  const { bytes, mode, owner } = await readSecretFile(pathOf(io, file), shown);
  // As ssh has it: what belongs to somebody else is that one's care.
  if ((mode & 0o077) !== 0 && owner === process.getuid?.()) {
    throw new DabookError(
      'inventory',
      `${shown} is open to others: its mode is ${mode.toString(8).padStart(4, '0')}`,
      {
        hint: `make it yours alone: chmod 600 ${file}`,
      },
    );
  }
  const none = async () => [];
  const text = isAge(bytes) ? await openAge(bytes, { identities: none, passphrase }, shown) : bytes;
  const lines = text
    .toString()
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return lines.map((line) => secret(`what stands in ${shown}`, line.trim()));
}
