import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Sshd {
  stop(): Promise<void>;
}

export interface SshdOptions {
  readonly folder: string;
  readonly port: number;
  readonly hostKey: string;
  /** Further lines of its settings. */
  readonly settings?: readonly string[] | undefined;
}

/**
 * Debian's sshd in its default settings, but for these: it takes any number of connections at once (all
 * hosts are this one sshd), asks no PAM and no name server, and logs nothing but errors.
 */
const settings = ({ port, hostKey, settings: more = [] }: SshdOptions) => `Port ${port}
ListenAddress 0.0.0.0
HostKey ${hostKey}
PidFile none
StrictModes no
MaxStartups 10000
UsePAM no
UseDNS no
LogLevel ERROR
PasswordAuthentication no
KbdInteractiveAuthentication no
Subsystem sftp /usr/lib/openssh/sftp-server
${more.join('\n')}
`;

/**
 * Starts an sshd on all addresses, and waits until it answers.
 * @throws Error with what it printed, where it ends
 */
export async function startSshd(options: SshdOptions): Promise<Sshd> {
  const file = `${options.folder}/sshd_config_${options.port}`;
  await writeFile(file, settings(options));
  const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000);
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  while (!(await answers(options.port))) {
    if (child.exitCode !== null) throw new Error(`sshd ended with status ${child.exitCode}: ${said}`);
    await sleep(10);
  }
  return {
    stop: () => {
      child.kill('SIGKILL');
      // A session that is still open keeps stderr open.
      child.stderr.destroy();
      return ended;
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
