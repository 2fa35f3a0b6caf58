/** A compose file as it stands on a host. */
export interface ComposeSource {
  /** As its user named it. */
  readonly file: string;
  /** None for a file that could not be read. */
  readonly text: string | undefined;
}
