/** What is deployed, from where, and how. */
export interface StackDeployArgs {
  readonly name: string;
  /** Compose files on the host, the base first; relative to `dir`. */
  readonly files: readonly string[];
  /** Folder on the host that the files are named from. */
  readonly dir?: string | undefined;
  /** Remove services of the stack that are in no file; false by default. */
  readonly prune?: boolean | undefined;
  /** Give the nodes this host's logins of registries; false by default. */
  readonly withRegistryAuth?: boolean | undefined;
  /**
   * When registries are asked which image a tag means: `changed` (the default): for services whose image
   * changes; `always`: for every service, whenever anything is deployed; `never`: for hosts without a registry.
   */
  readonly resolveImage?: 'always' | 'changed' | 'never' | undefined;
  /**
   * False: only that the services and networks are as the files say is seen to, not that tasks run; for a look at
   * what keeps them from running before they are waited for. True by default.
   */
  readonly wait?: boolean | undefined;
  /** Seconds until every service must run as wanted; 120 by default. */
  readonly timeout?: number | undefined;
}
