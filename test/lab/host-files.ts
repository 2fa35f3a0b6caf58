import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { SeedFile } from './seed-file.ts';

/** Who can log in: both with the lab's key; `admin` also with a password, which its sudo asks for. */
export const USERS = { plain: 'deploy', asking: 'admin' } as const;

export interface HostIdentity {
  readonly name: string;
  readonly address: string;
}

export interface HostFilesInput {
  readonly host: HostIdentity;
  readonly all: readonly HostIdentity[];
  /** The key that logs in, as one line of authorized_keys. */
  readonly publicKey: string;
  /** crypt(3) hash of the admin's password. */
  readonly passwordHash: string;
}

/** What makes a lab host one of its own: name, users, who may log in. Its docker group stays empty. */
export async function hostFiles({ host, all, publicKey, passwordHash }: HostFilesInput): Promise<SeedFile[]> {
  const hosts = all.map(({ address, name }) => `${address}\t${name}\n`).join('');
  const users = [
    { name: USERS.plain, id: 1101, hash: '*' },
    { name: USERS.asking, id: 1102, hash: passwordHash },
  ];
  const lines = (line: (user: { name: string; id: number; hash: string }) => string) =>
    users.map((user) => `${line(user)}\n`).join('');
  return [
    { path: '/etc/hostname', text: `${host.name}\n` },
    { path: '/etc/hosts', text: `127.0.0.1\tlocalhost\n${hosts}` },
    // Empty, or dockerd asks name servers that no host of a lab can reach.
    { path: '/etc/resolv.conf' },
    { path: '/etc/machine-id', text: `${randomUUID().replaceAll('-', '')}\n`, mode: 0o444 },
    {
      path: '/etc/passwd',
      text:
        (await systemPart('passwd', 2)) +
        lines(({ name, id }) => `${name}:x:${id}:${id}::/home/${name}:/bin/bash`),
    },
    {
      path: '/etc/group',
      text: (await systemPart('group', 2)) + lines(({ name, id }) => `${name}:x:${id}:`),
    },
    {
      path: '/etc/shadow',
      text: `root:*:19000:0:99999:7:::\nsshd:!:19000::::::\n${lines(({ name, hash }) => `${name}:${hash}:19000:0:99999:7:::`)}`,
      mode: 0o640,
    },
    {
      path: '/etc/sudoers.d/dabook-lab',
      text: `${USERS.plain} ALL=(ALL:ALL) NOPASSWD: ALL\n${USERS.asking} ALL=(ALL:ALL) ALL\n`,
      mode: 0o440,
    },
    { path: '/etc/ssh/sshd_config', text: SSHD },
    ...authorized('/root', publicKey, 0),
    ...users.flatMap(({ name, id }) => authorized(`/home/${name}`, publicKey, id)),
  ];
}

const SSHD = `HostKey /etc/ssh/ssh_host_ed25519_key
HostKey /etc/ssh/ssh_host_ecdsa_key
PermitRootLogin prohibit-password
PasswordAuthentication yes
KbdInteractiveAuthentication no
UsePAM yes
PrintMotd no
UseDNS no
AcceptEnv LANG LC_*
Subsystem sftp /usr/lib/openssh/sftp-server
`;

function authorized(home: string, key: string, owner: number): SeedFile[] {
  return [
    { path: `${home}/`, mode: 0o700, owner },
    { path: `${home}/.ssh/`, mode: 0o700, owner },
    { path: `${home}/.ssh/authorized_keys`, text: `${key}\n`, mode: 0o600, owner },
  ];
}

/** The lines of the machine's own file whose number is the system's, so that what is installed finds its users. */
async function systemPart(file: 'passwd' | 'group', column: number): Promise<string> {
  const lines = (await readFile(`/etc/${file}`, 'utf8')).split('\n');
  const isSystem = (line: string) => {
    const number = Number(line.split(':')[column] || Number.NaN);
    return number < 1000 || number >= 65_000;
  };
  return lines
    .filter(isSystem)
    .map((line) => `${file === 'group' ? line.slice(0, line.lastIndexOf(':') + 1) : line}\n`)
    .join('');
}
