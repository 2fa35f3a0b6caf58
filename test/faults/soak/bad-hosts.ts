import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { SoakHost } from './reach.ts';

/**
 * What is wrong with a host. `banner`: takes a connection and says nothing. `login`: lets in, and answers nothing
 * from then on. `shell`: starts a shell that says nothing. `cut`: its first connection is cut somewhere in the middle,
 * and later ones are well. `gone`: cut in the same way, and nobody listens any more.
 */
export type Trouble = 'banner' | 'login' | 'shell' | 'cut' | 'gone' | 'flood';

export interface BadHost extends Pick<SoakHost, 'name' | 'address' | 'port'> {
  readonly trouble: Trouble;
  /** Bytes of its answers after which the connection is cut. */
  readonly after: number;
}

/** Hosts that misbehave, served by a process of their own. */
export interface BadHosts {
  /** Names of those whose connection has been cut. */
  readonly cut: ReadonlySet<string>;
  close(): void;
}

/** What the process is given. */
export interface BadHostsOrder {
  readonly hosts: readonly BadHost[];
  /** Private key that all of them show. */
  readonly hostKey: string;
  /** The real sshd, behind those that are cut. */
  readonly port: number;
}

/** Starts them, and settles once all of them listen. */
export async function startBadHosts(order: BadHostsOrder): Promise<BadHosts> {
  const program = fileURLToPath(new URL('bad-hosts-process.ts', import.meta.url));
  const child = fork(program, [JSON.stringify(order)], { execArgv: ['--import', 'jiti/register'] });
  const cut = new Set<string>();
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => reject(new Error(`the bad hosts ended with status ${status}`)));
    child.on('message', (message: { readonly cut?: string }) => {
      if (message.cut === undefined) resolve();
      else cut.add(message.cut);
    });
  });
  return { cut, close: () => void child.kill('SIGKILL') };
}
