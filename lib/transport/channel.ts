/** Where the output of a command goes while it runs. */
export interface ChannelOutput {
  stdout(bytes: Buffer): void;
  stderr(bytes: Buffer): void;
}

/** How a command ended. `lost`: nobody knows, the connection went away beneath it. */
export type ChannelEnd =
  | { readonly kind: 'exited'; readonly status: number }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'lost'; readonly reason: string };

/** A command that runs on a host, in a process group of its own. */
export interface Channel {
  /** Settles once there is room for more, or the command has ended. Never rejects. */
  write(bytes: Buffer): Promise<void>;
  /** Ends the command's stdin. */
  end(): void;
  /** Settles once the command has ended and all of its output was told. Never rejects. */
  readonly ended: Promise<ChannelEnd>;
  /** Lets go of it, whatever it still does. May be called twice. */
  destroy(): void;
}

/**
 * Runs a command line on a host, given to the login shell there. The one thing that `ssh` and `local` do
 * differently: all else is built on this.
 */
export type OpenChannel = (command: string, output: ChannelOutput) => Promise<Channel>;

/** A host, as messages name it. */
export interface Place {
  /** Its name in the inventory. */
  readonly host: string;
  readonly user: string;
  /** `da@10.0.0.1:22`, or `this machine`. */
  readonly address: string;
}
