import { type Fact, fact } from '../../fact.ts';
import { sh } from '../../sh.ts';
import { socketPrograms, socketTools } from './socket-tools.ts';

/** Where a TCP connection goes to. */
export interface TcpPlace {
  readonly address: string;
  readonly port: number;
}

/** What came of trying to connect. */
export interface TcpAnswer {
  /**
   * - `open`: accepted
   * - `refused`: the host, or a firewall that speaks for it, said no
   * - `unreachable`: the network, or a firewall, said that there is no way
   * - `silent`: no answer
   * - `untried`: it could not be tried, as `said` tells
   */
  readonly kind: 'open' | 'refused' | 'unreachable' | 'silent' | 'untried';
  /** In the words of the program that tried. */
  readonly said: string;
}

/** Connects and says nothing. Python with its dozen lines of error ends with the one that matters. */
const perlConnect = `use Socket qw(:DEFAULT :addrinfo);
my ($error, $to) = getaddrinfo(@ARGV, { socktype => SOCK_STREAM });
die "$error\\n" if $error;
socket(my $socket, $to->{family}, SOCK_STREAM, 0) or die "$!\\n";
connect($socket, $to->{addr}) or die "$!\\n";`;
const pythonConnect = 'import socket, sys; socket.create_connection(sys.argv[1:])';

/**
 * Tries TCP connections from a host, all at once, with what the host has. Each is closed as soon as it stands.
 * @param seconds how long an answer may take; a whole number, since some know no other sleep
 * @returns an answer for each place, in their order
 */
export function tcpAttempts(places: readonly TcpPlace[], seconds: number): Fact<readonly TcpAnswer[]> {
  const words = places.flatMap(({ address, port }) => [address, port]);
  return fact({
    key: ['tcp attempts', ...words],
    read: async (ask) => {
      const { stdout } = await ask.sh(sh`connect() {
${socketTools}
  if has bash; then exec bash -c ${'exec 3<>"/dev/tcp/$0/$1"'} "$1" "$2"; fi
  if [ -n "$python" ]; then exec "$python" -c ${pythonConnect} "$1" "$2"; fi
  if has perl; then exec perl -e ${perlConnect} "$1" "$2"; fi
  if has socat; then exec socat -u OPEN:/dev/null "TCP:$bracketed:$2"; fi
  [ -n "$nc" ] || exit 126
  # busybox has no -z, and would wait for what the other side says.
  case $($nc -z 2>&1) in
    *invalid*) exec $nc "$1" "$2" -e true;;
    *) exec $nc -v -z "$1" "$2";;
  esac
}
# Ended from outside: not every program that connects knows when to give up.
attempt() {
  said=$(
    exec 2>/dev/null
    connect "$2" "$3" 3>&1 >/dev/null 2>&3 3>&- </dev/null &
    c=$!
    (
      trap 'kill "$s"; exit' TERM
      sleep ${seconds} & s=$!
      wait; kill -9 "$c"
    ) </dev/null >/dev/null 2>&1 &
    w=$!
    wait "$c"; s=$?
    kill "$w"
    echo; echo "$s"
  )
  printf '%s %s\n' "$1" "$(printf %s "$said" | tr '\n' ' ')"
}
i=0
set -- ${words}
while [ $# -gt 0 ]; do
  attempt "$i" "$1" "$2" &
  i=$((i + 1)); shift 2
done
wait`);
      return parseAttempts(stdout, places.length);
    },
  });
}

/** A line for each attempt: its number, what was said, and the exit status. */
export function parseAttempts(stdout: string, count: number): readonly TcpAnswer[] {
  const answers = new Map<number, TcpAnswer>();
  for (const line of stdout.split('\n')) {
    const [, index, said = '', status] = /^(\d+) (.*?) *(\d+)$/.exec(line) ?? [];
    if (status !== undefined) answers.set(Number(index), answerOf(Number(status), said.trim()));
  }
  return Array.from(
    { length: count },
    (_, index) => answers.get(index) ?? { kind: 'untried', said: 'the attempt was cut off' },
  );
}

/** Killed by the watch: nobody answered in time. */
const killed = 137;
/** As the script itself gives it. */
const noProgram = 126;

function answerOf(status: number, said: string): TcpAnswer {
  if (status === 0) return { kind: 'open', said: '' };
  if (status === killed || /timed?[ -]?out/i.test(said)) return { kind: 'silent', said: '' };
  const [, reason] =
    /(connection refused|no route to host|(?:network|host) is (?:unreachable|down))/i.exec(said) ?? [];
  if (reason !== undefined)
    return { kind: /refused/i.test(reason) ? 'refused' : 'unreachable', said: reason };
  if (status === noProgram && said === '') {
    return { kind: 'untried', said: `it has no program that connects (${socketPrograms})` };
  }
  return {
    kind: 'untried',
    said: said === '' ? `the program that connects ended with status ${status}` : said,
  };
}
