import { posixQuote } from '../posix-quote.ts';

/** stdin is copied in blocks of this size: larger ones only wait to be filled, smaller ones cost the host time. */
const blockSize = 2 ** 17;

/**
 * The script of the resident shell, for dash, bash and busybox. The first line that it reads is a key; then
 * it evaluates the lines that begin with the key, and no others: what is left of a frame that came apart is
 * never run. `read` takes byte by byte from what is no file, so nothing after a line is lost to it.
 *
 * `__e` ends a frame on both outputs, and the shell where nobody listens any more. `__d` copies a number of bytes and not one more: `head -c` of busybox
 * reads ahead, dd does not; a dd without `fullblock` does it a byte at a time.
 *
 * Without quote, newline, backslash and exclamation mark outside of what every login shell (csh and fish too)
 * leaves alone between single quotes.
 */
export const residentScript = [
  '__n=$(printf "\\n_"); __n=${__n%_}',
  '__e(){ printf "\\n%s %s\\n" "$__k" "$1" && printf "\\n%s %s\\n" "$__k" "$1" >&2 || exit 1; }',
  '__d(){ dd bs=$1 count=$2 iflag=fullblock 2>/dev/null || dd bs=1 count=$(($1*$2)) 2>/dev/null; }',
  'IFS= read -r __k && while IFS= read -r __l; do case $__l in "$__k "*) eval "${__l#* }";; esac; done',
].join('; ');

/** What has the resident shell run one command: its stdin goes between the two. */
export interface ShellFrame {
  readonly head: Buffer;
  readonly tail: Buffer;
}

/**
 * The bytes that have the resident shell run one command: a line of code after the key, then its stdin.
 * The command runs in a subshell, so that what it sets, where it goes and how it exits stays its own, and
 * by `eval`, so that a fault in its syntax does too.
 *
 * stdin is followed by the key. Where that is missing the connection was cut in the middle, or what was read
 * from came to an end too early, and the command must not take a part for the whole (`cat >new && mv new old`):
 * its process group is ended before it can see the end: asked to, so that it removes what it made, with its stdin kept
 * open, and killed two seconds later.
 * @param size bytes of stdin; undefined for none, which needs no guard
 */
export function frameOf(key: string, command: string, size?: number): ShellFrame {
  // Without the key: what a command prints could pass for the end of its frame.
  const run = `(__k=;eval ${oneLine(command)})`;
  if (size === undefined)
    return { head: Buffer.from(`${key} ${run}</dev/null;__e $?\n`), tail: Buffer.alloc(0) };
  const blocks = Math.floor(size / blockSize);
  const rest = size % blockSize;
  const copy = [blocks > 0 && `__d ${blockSize} ${blocks};`, rest > 0 && `__d ${rest} 1;`]
    .filter(Boolean)
    .join('');
  const feed = `{ ${copy}IFS= read -r __t;[ "$__t" = "$__k" ]||{ trap "" TERM;kill -TERM 0;sleep 2;kill -9 0;};}`;
  const code = `${feed}|( ${run};__s=$?;cat>/dev/null;exit $__s);__e $?`;
  return { head: Buffer.from(`${key} ${code}\n`), tail: Buffer.from(`${key}\n`) };
}

/** A command's text as one word on one line, for a shell that has a newline in $__n. */
export function oneLine(command: string): string {
  return posixQuote(command).replaceAll('\n', `'"$__n"'`);
}
