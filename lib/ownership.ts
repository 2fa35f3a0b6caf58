/** The owner and the group of a file: names, or numbers where the host knows no name. */
export interface Owners {
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
}

/** What chown takes: `nexus`, `nexus:nexus`, `:nexus`; empty when neither is given. */
export function ownership({ owner, group }: Owners): string {
  return (owner ?? '') + (group === undefined ? '' : `:${group}`);
}
