import type { Channel, ChannelEnd, ChannelOutput } from './channel.ts';
import type { Companion, CompanionOptions } from './session.ts';
import { oneLine } from './shell-script.ts';

/** What the companion's own script is read by; in one line, and without what a login shell would change. */
const reader = '__n=$(printf "\\n_"); __n=${__n%_}; IFS= read -r __l && eval "eval $__l"';
/** Characters of a line that are kept; a companion prints short ones. */
const longestLine = 65_536;

/**
 * Starts a companion.
 * @param start starts a script on the host, as the user who asks
 */
export async function startCompanion(
  script: string,
  { onLine }: Pick<CompanionOptions, 'onLine'>,
  start: (script: string, output: ChannelOutput) => Promise<Channel>,
): Promise<Companion> {
  let line = '';
  let said = '';
  const channel = await start(reader, {
    stdout(bytes) {
      const [first = '', ...more] = bytes.toString().split('\n');
      line = (line + first).slice(0, longestLine);
      for (const next of more) {
        onLine(line);
        line = next;
      }
    },
    stderr(bytes) {
      said = (said + bytes.toString()).slice(-1024);
    },
  });
  void channel.write(Buffer.from(`${oneLine(script)}\n`));
  return {
    write: (text) => void channel.write(Buffer.from(`${text}\n`)),
    ended: channel.ended.then((end) => [howEnded(end), said.trim()].filter(Boolean).join(': ')),
    end: channel.end,
  };
}

function howEnded(end: ChannelEnd): string {
  if (end.kind === 'lost') return end.reason;
  return end.kind === 'killed' ? `it was ended by ${end.signal}` : `it ended with status ${end.status}`;
}
