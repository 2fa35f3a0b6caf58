import type { Secret } from '../secret.ts';

/** A host key that the inventory names for a host: nothing else is trusted for that one. */
export interface HostKeyPin {
  /** `ssh-ed25519`, …; not known where only a fingerprint was given. */
  readonly type?: string | undefined;
  /** The key itself, in base64 without padding; none where only a fingerprint was given. */
  readonly key?: string | undefined;
  /** `SHA256:…`, as OpenSSH shows it. */
  readonly fingerprint: string;
  /** Where it was given: `hosts.yml:7`. */
  readonly place: string;
}

/** How to reach one host: what the inventory and the command line say of it. */
export interface Target {
  /** The host's name in the inventory. */
  readonly name: string;
  /** `ssh`: by dabook's own SSH client; `openssh`: by the ssh program of this machine. */
  readonly connection: 'ssh' | 'openssh' | 'local';
  /** Address or name to connect to; may be an alias of `~/.ssh/config`. */
  readonly address: string;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  readonly privateKeyFile?: string | undefined;
  /** Its host keys, where the inventory pins them: then known_hosts is not asked. Never empty. */
  readonly hostKeys?: readonly HostKeyPin[] | undefined;
  readonly password?: Secret | undefined;
  readonly becomePassword?: Secret | undefined;
  /** Options of the ssh program that say how to get there, such as `-o ProxyJump=bastion`. */
  readonly sshOptions?: readonly string[] | undefined;
  /** Seconds; 10 by default. */
  readonly connectTimeout?: number | undefined;
}

/** What a command reads, made while it is sent: it is never held as a whole, however large it is. */
export interface StdinStream {
  /** Bytes, all told. One that gives more or fewer rejects its command, and the host takes none of it for whole. */
  readonly size: number;
  /** Called once, when it is the command's turn. A chunk must not be changed after it was given. */
  chunks(): AsyncIterable<Uint8Array>;
}

/** How long a command may take, in seconds. What is left out has no limit. */
export interface ExecDeadline {
  /** From when it is the first of those under way, its stdin included; not while it waits in line for others. */
  readonly total?: number | undefined;
  /** While nothing is heard of it on either output, and nothing of its stdin is taken. */
  readonly idle?: number | undefined;
}

export interface ExecOptions {
  /** Run as root, through sudo. */
  readonly become: boolean;
  readonly stdin?: Uint8Array | StdinStream | undefined;
  /** Told of how many bytes of stdin have been taken so far; the last time, of all. It must not throw. */
  readonly onProgress?: ((sentBytes: number) => void) | undefined;
  /**
   * Bytes that it may write to stdout, and to stderr. Default: the transport's, 16 MiB. One that writes more is
   * cut off and rejected with code `command`; what comes after it is run as ever.
   */
  readonly maxOutput?: number | undefined;
  /**
   * One that takes longer is let go of and rejected with code `command`; what was sent behind it too, since nobody
   * knows whether it has been begun. What is asked later is run as ever. None by default.
   */
  readonly deadline?: ExecDeadline | undefined;
}

export interface ExecResult {
  /** Exit status of the command; never the connection's. */
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** Number of the session's round trip that carried it, from 1: what was asked in one tick has the same. */
  readonly trip: number;
}

/** One call of the Docker Engine API. */
export interface DockerRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With its query, without a version: `/nodes/abc/update?version=7`. */
  readonly path: string;
  /** JSON text. */
  readonly body?: string | undefined;
}

export interface DockerOptions {
  /** As root, through sudo; but as the login user where that may use the Engine's socket. */
  readonly become: boolean;
  /** Seconds that it may take once all before it are answered; then it is rejected with code `command`. */
  readonly deadline?: Pick<ExecDeadline, 'total'> | undefined;
}

export interface DockerResponse {
  readonly status: number;
  readonly body: Buffer;
  /** Number of the session's round trip that carried it, from 1: what was asked in one tick has the same. */
  readonly trip: number;
  /** Root was taken for it. */
  readonly asRoot?: boolean;
}

export interface CompanionOptions {
  /** Run as root, through sudo. */
  readonly become: boolean;
  /** Told of each line that it prints, without its end. It must not throw. */
  readonly onLine: (line: string) => void;
}

/** A script that runs beside the commands. */
export interface Companion {
  /** Gives it a line to read. */
  write(line: string): void;
  /** How it ended, in words. Never rejects. */
  readonly ended: Promise<string>;
  /** Ends its stdin, which a companion takes for its own end. */
  end(): void;
}

/**
 * A host that has been reached. Commands asked in one tick travel as one write; each user's commands
 * run one after the other. A connection that is lost rejects what is under way, and all that is asked later, with
 * code `lost`; a sudo that refuses, with code `become`.
 */
export interface Session {
  exec(command: string, options: ExecOptions): Promise<ExecResult>;
  docker(request: DockerRequest, options: DockerOptions): Promise<DockerResponse>;
  /**
   * Starts a script for `sh` on a channel of its own, beside the commands. Settles once it runs.
   * @throws DabookError as `exec` does
   */
  accompany(script: string, options: CompanionOptions): Promise<Companion>;
  /** Ends what it opened. Never rejects; may be called twice. */
  close(): Promise<void>;
}

/** A way to reach hosts. `connect` rejects with code `unreachable` where it cannot. */
export interface Transport {
  connect(target: Target): Promise<Session>;
}
