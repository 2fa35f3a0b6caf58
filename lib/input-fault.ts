/** A place in an input file, with the line it names. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The whole line, as it stands in the file. */
  readonly text: string;
}

/** One thing wrong with the input, shown with all the others before anything is connected to. */
export interface InputFault {
  readonly message: string;
  readonly position?: Position | undefined;
  readonly hint?: string | undefined;
}

/** What stands for a file's name where a variable was given on the command line. */
export const commandLine = '-e';
