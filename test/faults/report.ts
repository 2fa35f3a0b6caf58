/** Counts the cases of a part, and prints a line for each. */
export interface Report {
  /** @param faults what was not as it has to be; none for a case that held */
  told(name: string, faults: readonly string[], figures?: string): void;
  /** Figures of a part. */
  note(line: string): void;
  readonly passed: number;
  readonly failed: number;
}

/** @param print takes a line */
export function createReport(print: (line: string) => void): Report {
  const counts = { passed: 0, failed: 0 };
  return {
    told(name, faults, figures = '') {
      const isWell = faults.length === 0;
      counts[isWell ? 'passed' : 'failed'] += 1;
      print(`${isWell ? 'ok' : 'NOT OK'}  ${name}${figures === '' ? '' : `  (${figures})`}`);
      for (const fault of faults.slice(0, 12)) print(`        ${fault.slice(0, 1500)}`);
    },
    note: (line) => print(`  ${line}`),
    get passed() {
      return counts.passed;
    },
    get failed() {
      return counts.failed;
    },
  };
}
