/** What the command line touches of its process; the only place of dabook that knows of one. */
export interface Io {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  cwd(): string;
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  on(event: 'uncaughtException' | 'unhandledRejection', listener: (error: unknown) => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
  off(event: 'uncaughtException' | 'unhandledRejection', listener: (error: unknown) => void): unknown;
  exit(code: number): never;
}

/** Exit statuses; others script against them. */
export const exitStatus = {
  ok: 0,
  failed: 1,
  usage: 2,
  waiting: 3,
  unreachable: 4,
  locked: 5,
  /** Of a check that was asked to say so. */
  changes: 6,
  /** Nobody has agreed to what would have been done next. */
  unapproved: 7,
  interrupted: 130,
} as const;
