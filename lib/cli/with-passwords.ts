import type { Inventory } from '../inventory/inventory.ts';
import type { Secret } from '../secret.ts';
import { askPassword } from './ask-password.ts';
import type { Io } from './io.ts';

/** Which passwords are to be asked for. */
export interface PasswordFlags {
  readonly askPass?: true;
  readonly askBecomePass?: true;
}

/**
 * Asks for the passwords that the command line says, that of SSH first, and gives them to the hosts for which the
 * inventory names none. A sudo password that is left empty is that of SSH, where it was asked for.
 * @throws DabookError `interrupted` on Ctrl-C, `usage` where one is not given
 */
export async function withPasswords(
  io: Io,
  inventory: Inventory,
  { askPass, askBecomePass }: PasswordFlags,
): Promise<Inventory> {
  const password = askPass && (await askPassword(io, { ...SSH, label: 'SSH password' }));
  const becomePassword =
    askBecomePass &&
    (await askPassword(io, {
      ...(password ? { ...SUDO_TOO, byDefault: password } : SUDO),
      label: 'sudo password',
    }));
  return given(inventory, password, becomePassword);
}

const SSH = { question: 'SSH password: ', hint: 'leave out -k where a key or an agent logs in' };
const SUDO = { question: 'sudo password: ', hint: 'leave out -K where sudo asks for none' };
const SUDO_TOO = {
  question: 'sudo password (empty: the SSH password): ',
  hint: 'an empty line takes the SSH password; leave out -K where sudo asks for none',
};

function given(inventory: Inventory, password?: Secret, becomePassword?: Secret): Inventory {
  if (password === undefined && becomePassword === undefined) return inventory;
  const hosts = inventory.hosts.map((host) => {
    const { target } = host;
    const own = {
      password: target.password ?? password,
      becomePassword: target.becomePassword ?? becomePassword,
    };
    return { ...host, target: { ...target, ...own } };
  });
  return { ...inventory, hosts };
}
