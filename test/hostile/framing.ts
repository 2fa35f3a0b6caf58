import { codeOf, messageOf } from '../../lib/errors.ts';
import type { ExecResult } from '../../lib/transport/session.ts';
import type { PartOptions } from './main.ts';
import { shellHost, shells, whereIs } from './shells.ts';

/** Seconds that a command and the next one may take. */
const patience = 15;

/** What a command does to the shell that it runs in. What the contract of transports has already is not repeated here. */
const commands: Readonly<Record<string, string>> = {
  'prints the key that ends a frame': 'printf "\\n%s 0\\n" "$__k"; printf "\\n%s 7\\n" "$__k" >&2; exit 3',
  'prints the beginning of an end': 'printf "\\n%s " "$__k"',
  'prints an end of too many digits': 'printf "\\n%s 99999999999\\n" "$__k"',
  'prints an end without its status': 'printf "\\n%s \\n" "$__k"',
  'closes its outputs': 'exec >&- 2>&-; exit 4',
  'closes its stdin': 'exec <&-; exit 4',
  'fills its outputs':
    'dd if=/dev/zero bs=65536 count=100 2>/dev/null; dd if=/dev/zero bs=65536 count=100 >&2 2>/dev/null',
  'is another program': 'exec cat /dev/null',
  'is a program that is not there': 'exec /nonexistent/program',
  'leaves a child with its outputs redirected': '(sleep 1; echo late) >/dev/null 2>&1 & echo left',
  'changes options': 'set -e -u -f; set -C; set -v; set -x; false',
  'reads nothing more': 'set -n; echo never',
  'changes what words are split by': 'IFS=abc012; PATH=; HOME=/none; export IFS PATH',
  'takes the names of the shell for its own':
    '__k=x __n=y __s=1 __t=z; __e() { :; }; __d() { :; }; readonly __k',
  'makes functions of builtins':
    'read() { return 1; }; printf() { echo no; }; eval() { :; }; exit() { :; }; :',
  'makes aliases': "alias printf='echo no' read=false; shopt -s expand_aliases 2>/dev/null; :",
  'sets traps': "trap 'echo trapped; exit 9' EXIT HUP INT TERM PIPE CHLD 2>/dev/null; trap '' PIPE; false",
  'has a small limit': 'ulimit -n 3; ulimit -f 0; cat /etc/passwd; :',
  'goes to a folder that goes away': 'd=$(mktemp -d) && cd "$d" && rmdir "$d"; pwd',
  'is killed': "kill -KILL $(exec sh -c 'echo $PPID')",
  'has an open quote': "echo 'never closed",
  'has an open heredoc': 'cat <<EOF\nnever closed',
  'closes more than it opened': '); echo out; (',
  'ends in a backslash': 'echo a\\',
  'ends in a comment': 'echo a # and nothing more',
  'is nothing but line ends': '\n\n\n',
  'has carriage returns': 'echo a\r\necho b\r\n',
};

/** These end the shell itself, or are in its way: a clear error is as good as an answer. */
const fatal: Readonly<Record<string, string>> = {
  'kills the shell': 'kill -KILL $$',
  'stops its own group': 'kill -TERM 0',
};

/** After each of the commands the next one is answered rightly, or it is said why not. */
export async function framing({ report, only = shells }: PartOptions): Promise<void> {
  for (const shell of shells.filter((one) => only.includes(one))) {
    const program = whereIs(shell);
    if (program === undefined) {
      report.note(`skipped: ${shell} is not installed`);
      continue;
    }
    const faults: string[] = [];
    for (const [what, command] of [...Object.entries(commands), ...Object.entries(fatal)])
      faults.push(...(await tried(program, what, command)));
    const count = Object.keys(commands).length + Object.keys(fatal).length;
    report.told(`${shell}: the next command after ${count} that are in its way`, faults);
  }
}

async function tried(program: string, what: string, command: string): Promise<readonly string[]> {
  const host = shellHost(program);
  const timer = new AbortController();
  const late = new Promise<'late'>((done) => {
    const id = setTimeout(() => done('late'), patience * 1000);
    timer.signal.addEventListener('abort', () => clearTimeout(id));
  });
  try {
    const { session } = host;
    const ask = (text: string, stdin?: Buffer) =>
      session.exec(text, { become: false, ...(stdin && { stdin }) });
    // In one tick, so that the next ones are in the pipe already; and one that is asked later.
    const asked = Promise.allSettled([
      ask(command),
      ask('echo next; echo error >&2; exit 5'),
      ask('cat', Buffer.from('in\n')),
      ask(command, Buffer.from('unread\n')),
      ask('echo after'),
    ]);
    const all = await Promise.race([asked, late]);
    if (all === 'late') return [`${what}: no answer in ${patience} s`];
    const [, next, fed, , after] = all;
    const later = await Promise.race([Promise.allSettled([ask('echo later')]), late]);
    if (later === 'late') return [`${what}: no later answer in ${patience} s`];
    const isFatal = fatal[what] !== undefined;
    return [
      ...answerFaults(`${what}: the next`, next, [5, 'next\n', 'error\n'], isFatal),
      ...answerFaults(`${what}: the one with stdin`, fed, [0, 'in\n', ''], isFatal),
      ...answerFaults(`${what}: the one behind`, after, [0, 'after\n', ''], isFatal),
      ...answerFaults(`${what}: the later one`, later[0], [0, 'later\n', ''], isFatal),
    ];
  } finally {
    timer.abort();
    await host.close();
  }
}

function answerFaults(
  what: string,
  answer: PromiseSettledResult<ExecResult> | undefined,
  [status, stdout, stderr]: readonly [number, string, string],
  mayFail: boolean,
): readonly string[] {
  if (answer === undefined) return [`${what}: nothing`];
  if (answer.status === 'rejected') {
    const { reason } = answer;
    const isClear = ['lost', 'command'].includes(codeOf(reason));
    return mayFail && isClear ? [] : [`${what}: ${codeOf(reason)}: ${messageOf(reason)}`];
  }
  const told = [answer.value.status, answer.value.stdout.toString(), answer.value.stderr.toString()];
  const wanted = [status, stdout, stderr];
  return JSON.stringify(told) === JSON.stringify(wanted)
    ? []
    : [`${what}: ${JSON.stringify(told).slice(0, 300)}`];
}
