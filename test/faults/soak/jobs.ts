import { type Command, exec, fact, sh, task } from '../../../lib/index.ts';

/** A file holds a text, which a command of the caller's writes; whoever wants may look how often that was begun. */
export const written = task('written', {
  title: ({ path }: { path: string; text: string; by: Command }) => `write ${path}`,
  fact: ({ path }) =>
    fact({
      key: ['written', path],
      read: async (ask) => (await ask.sh(sh`cat ${path} 2>/dev/null || :`)).stdout,
    }),
  want: (_now, { text }) => `${text}\n`,
  steps: (_now, _want, { by }) => [exec(by)],
});

/** Cuts the connection that its command runs on, by the end of its sshd; once, where there is no file `flag` yet. */
export const cutOnce = (flag: string): Command => sh`if [ ! -e ${flag} ]; then
  : >${flag}
  p=$$
  while [ "$p" -gt 1 ]; do
    IFS= read -r c </proc/$p/comm
    case $c in sshd*) kill -KILL "$p"; break ;; esac
    IFS=' ' read -r _ _ _ p _ </proc/$p/stat
  done
  sleep 0.2
  exit 1
fi`;
