import { sh } from '../../lib/sh.ts';
import { seededRandom } from '../seeded-random.ts';
import type { PartOptions } from './main.ts';
import { pick, type Random } from './mutate.ts';
import { shellHost, shells, whereIs } from './shells.ts';

/** Values of one command. */
const batch = 500;
const SIGNS = [
  "'",
  '"',
  '\\',
  '$',
  '`',
  '!',
  '\n',
  '\r',
  ' ',
  '\t',
  '*',
  '?',
  '[',
  '~',
  '#',
  '&',
  ';',
  '|',
  '<',
  '>',
  '(',
  '{',
  '=',
  '%',
  '-',
  '\x1b',
  '\x7f',
];

/** Values of all characters but NUL as words of a command, and bytes as its stdin: equal on the other side. */
export async function quoting({ report, seed, times = 10_000, only = shells }: PartOptions): Promise<void> {
  for (const shell of shells.filter((one) => only.includes(one))) {
    const program = whereIs(shell);
    if (program === undefined) {
      report.note(`skipped: ${shell} is not installed`);
      continue;
    }
    const random = seededRandom(seed);
    const faults: string[] = [];
    const host = shellHost(program);
    try {
      for (let done = 0; done < times; done += batch) {
        const values = Array.from({ length: Math.min(batch, times - done) }, () => textOf(random));
        faults.push(...(await comparison(host, values)));
        const bytes = bytesOf(random);
        const back = await host.session.exec('cat', { become: false, stdin: bytes });
        if (!back.stdout.equals(bytes)) faults.push(`stdin of ${bytes.length} bytes came back otherwise`);
      }
    } finally {
      await host.close();
    }
    report.told(`${shell}: ${times} values through the quotes`, faults);
  }
}

async function comparison(
  host: ReturnType<typeof shellHost>,
  values: readonly string[],
): Promise<readonly string[]> {
  // By the shell's own printf, and by a program, which is given them by the system.
  const own = await host.session.exec(sh`printf '%s\\0' ${values}`.text, { become: false });
  const other = await host.session.exec(sh`/usr/bin/printf '%s\\0' ${values}`.text, { become: false });
  return [own, other].flatMap(({ stdout, stderr, status }) => {
    const back = stdout.toString().split('\0').slice(0, -1);
    if (status !== 0 || back.length !== values.length)
      return [
        `status ${status}, ${back.length} of ${values.length} came back: ${stderr.toString().slice(0, 200)}`,
      ];
    return values.flatMap((value, at) =>
      back[at] === value ? [] : [`${JSON.stringify(value)} came back as ${JSON.stringify(back[at])}`],
    );
  });
}

function textOf(random: Random): string {
  const length = Math.floor(random() ** 3 * 60);
  return Array.from({ length }, () => characterOf(random)).join('');
}

/** Every byte of UTF-8 comes up: what is no text cannot be in a command, which is one. */
function characterOf(random: Random): string {
  const kind = random();
  if (kind < 0.4) return pick(random, SIGNS);
  if (kind < 0.8) return String.fromCharCode(1 + Math.floor(random() * 127));
  const code = 0x80 + Math.floor(random() * (kind < 0.95 ? 0x2000 : 0x10ff80));
  return code >= 0xd800 && code <= 0xdfff ? '\ufffd' : String.fromCodePoint(Math.min(code, 0x10ffff));
}

function bytesOf(random: Random): Buffer {
  const length = Math.floor(random() * 5000);
  return Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
}
