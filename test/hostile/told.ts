/** What a process, or what stands for it, told. */
export interface Told {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** As lib/visible.ts has it, written down a second time: a test that asks the code itself what is right sees nothing. */
const STEERING = /(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const STACK = /^\s+at .*(:\d+:\d+\)?|<anonymous>\)?|native\)?)$/m;

/**
 * What must not be in what is told of any input.
 * @param size of what is shown on purpose
 */
export function outputFaults({ status, stdout, stderr }: Told, size = 0): readonly string[] {
  const all = `${stdout}\n${stderr}`;
  const faults: string[] = [];
  if (/fault of dabook itself/.test(all)) faults.push(`a crash: ${stderr.slice(0, 600)}`);
  else if (STACK.test(all)) faults.push(`a stack trace: ${STACK.exec(all)?.[0]}`);
  const steering = STEERING.exec(all);
  if (steering !== null) {
    const code = steering[0].codePointAt(0)?.toString(16);
    faults.push(
      `U+${code} is passed on: ${JSON.stringify(all.slice(Math.max(0, steering.index - 60), steering.index + 20))}`,
    );
  }
  if (![0, 1, 2, 3, 4].includes(status)) faults.push(`exit status ${status}: ${stderr.slice(0, 300)}`);
  if (all.length > 2 ** 20 + 6 * size) faults.push(`${all.length} characters are told`);
  return faults;
}

/**
 * What an error of an input has to say: the file, and the line where the input is a text.
 * @param file as it is shown
 */
export function placeFaults({ stderr }: Told, file: string, input: Buffer): readonly string[] {
  if (!stderr.includes(file)) return [`the error does not name ${file}: ${stderr.slice(0, 300)}`];
  if (!isText(input) || input.length > 16 * 2 ** 20) return [];
  const line = new RegExp(`${file.replaceAll('.', '\\.')}:\\d+`);
  return line.test(stderr) ? [] : [`the error names no line of ${file}: ${stderr.slice(0, 300)}`];
}

function isText(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
