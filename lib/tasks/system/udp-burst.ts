import { type Fact, fact } from '../../fact.ts';
import { sh } from '../../sh.ts';
import { socketPrograms, socketTools } from './socket-tools.ts';

/** Where datagrams go to, and how many. */
export interface UdpBurst {
  readonly address: string;
  readonly port: number;
  readonly count: number;
}

/** What the sender knows of it: not whether anything arrived. */
export interface UdpSent {
  /** Why the host could not send, or not all, in the words of the program: a firewall of its own, no way there. */
  readonly fault?: string;
}

const pythonSend = `import socket, sys
to = socket.getaddrinfo(sys.argv[1], int(sys.argv[2]), 0, socket.SOCK_DGRAM)[0]
s = socket.socket(*to[:3])
for _ in range(int(sys.argv[3])): s.sendto(b'.', to[4])`;
const perlSend = `use Socket qw(:DEFAULT :addrinfo);
my ($error, $to) = getaddrinfo(@ARGV[0, 1], { socktype => SOCK_DGRAM });
die "$error\\n" if $error;
socket(my $socket, $to->{family}, SOCK_DGRAM, 0) or die "$!\\n";
for (1 .. $ARGV[2]) { defined send($socket, ".", 0, $to->{addr}) or die "$!\\n" }`;

/**
 * Sends datagrams of one byte from a host. A socket each with bash: on a socket that is kept, the answer to
 * one datagram (nobody listens) would be the fault of the next.
 */
export function udpBurst({ address, port, count }: UdpBurst): Fact<UdpSent> {
  return fact<UdpSent>({
    key: ['udp burst', address, port, count],
    read: async (ask) => {
      const { stdout } = await ask.sh(sh`set -- ${address} ${port} ${count}
${socketTools}
send() {
  if has bash; then
    bash -c ${'for ((i = 0; i < $2; i++)); do printf . >"/dev/udp/$0/$1"; done'} "$@"
  elif [ -n "$python" ]; then "$python" -c ${pythonSend} "$@"
  elif has perl; then perl -e ${perlSend} "$@"
  elif has socat; then
    i=0
    while [ "$i" -lt "$3" ]; do printf . | socat -u - "UDP-SENDTO:$bracketed:$2"; i=$((i + 1)); done
  elif [ -n "$nc" ] && ! $nc -u 2>&1 </dev/null | grep -q invalid; then
    i=0; pids=
    while [ "$i" -lt "$3" ]; do
      printf . | $nc -u "$1" "$2" >/dev/null &
      pids="$pids $!"; i=$((i + 1))
    done
    sleep 2
    kill $pids 2>/dev/null
  else echo ${`it has no program that sends (${socketPrograms} with -u)`}
  fi
}
send "$@" </dev/null 2>&1 | tail -n 1`);
      const fault = stdout
        .trim()
        .split(': ')
        .at(-1)
        ?.replace(/^\[Errno \d+\] /, '');
      return fault ? { fault } : {};
    },
  });
}
