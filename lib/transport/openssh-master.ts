import { spawn } from 'node:child_process';
import { access } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import { reveal, type Secret } from '../secret.ts';
import type { OpensshFolder } from './openssh-folder.ts';
import type { OpensshSaid } from './openssh-said.ts';

/** A connection of the ssh program, which channels are opened on. */
export interface OpensshMaster {
  /** Why it ended. Never rejects. */
  readonly ended: Promise<string>;
  /** Ends it. Never rejects. */
  close(): Promise<void>;
}

export interface OpensshMasterOptions {
  readonly folder: OpensshFolder;
  /** Of the ssh program. */
  readonly args: readonly string[];
  readonly password?: Secret | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly said: OpensshSaid;
  /** Milliseconds that the connection may take to be there, the login included. */
  readonly timeout: number;
}

/** Milliseconds between two looks at whether the control socket is there. */
const turn = 10;
/** Milliseconds that ssh may take to end when it is asked to. */
const patience = 3000;

/**
 * Holds ssh, and ends it once nobody holds the pipe that this reads from: with dabook, however that one ends. Then nothing
 * is left of either, the folder included. The password comes through the pipe, and goes to ssh's helper through another.
 */
const holder = `umask 077
folder=$1
shift
exec 3<&0
word=
if [ -e "$folder/askpass" ]; then
  mkfifo "$folder/word" && IFS= read -r word <&3
fi
"$@" </dev/null 3<&- &
ssh=$!
echo "$ssh" >"$folder/pid"
giver=
if [ -p "$folder/word" ]; then
  { printf '%s\\n' "$word" >"$folder/word"; } 3<&- 2>/dev/null &
  giver=$!
fi
word=
{ while read -r line <&3; do :; done; kill "$ssh"; } 2>/dev/null &
watch=$!
exec 3<&-
wait "$ssh"
status=$?
rm -rf "$folder"
# What ssh started, and what waits here: all in this group of processes, which is their own.
trap '' HUP
kill -HUP 0
exit "$status"`;

/**
 * Starts ssh and settles once its control socket is there: it has logged in.
 * @returns undefined where it ended before, and the milliseconds where they ran out
 */
export async function startOpensshMaster(
  options: OpensshMasterOptions,
): Promise<OpensshMaster | { readonly timedOut: number | undefined }> {
  const { folder, args, password, env, said, timeout } = options;
  const askpass = { SSH_ASKPASS: folder.askpass, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: env.DISPLAY ?? ':0' };
  const child = spawn('/bin/sh', ['-c', holder, 'sh', folder.path, 'ssh', ...args], {
    // A Ctrl-C at the terminal is for dabook alone, and ssh asks nothing there.
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { ...env, ...(password ? askpass : { SSH_ASKPASS_REQUIRE: 'never' }) },
  });
  let over = false;
  child.stdin.on('error', () => {});
  child.stderr.on('data', said.push);
  const gone = new Promise<string>((resolve) => {
    const settle = (error?: unknown) => {
      over = true;
      resolve(error instanceof Error ? messageOf(error) : (said.lines.at(-1) ?? 'the other side closed it'));
    };
    child.once('error', settle);
    // Something that ssh started may hold its output open.
    child.once('exit', () => setTimeout(settle, 500).unref());
    child.once('close', () => settle());
  });
  if (password) child.stdin.write(`${reveal(password)}\n`);

  const close = async () => {
    child.stdin.end();
    const late = await Promise.race([gone, sleep(patience, true, { ref: false })]);
    if (late === true && child.pid !== undefined) {
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has just ended.
      }
    }
    child.stderr.destroy();
    await folder.remove();
  };

  const until = Date.now() + timeout;
  while (!over) {
    if (await isThere(folder.socket)) return { ended: gone, close };
    if (Date.now() > until) {
      await close();
      return { timedOut: timeout };
    }
    await Promise.race([gone, sleep(turn)]);
  }
  await close();
  return { timedOut: undefined };
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
