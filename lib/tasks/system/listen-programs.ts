/**
 * Programs that listen on TCP and UDP ports for some seconds and then end by themselves, or as soon as a process is no
 * more: the shell that they were started from ends with its connection. They take nothing
 * out: the kernel accepts connections on a socket's behalf, and shows how much is queued on it. Each prints
 * the ports that it got and then closes its output; the first argument is only there to know it by.
 */
export const pythonListener = `import os, socket, sys, time
got = []
for word in sys.argv[4:]:
    protocol, family, port = word.split('/')
    udp, six = protocol == 'udp', family == '6'
    try:
        s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM)
        if six: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if not udp: s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(('::' if six else '0.0.0.0', int(port)))
        if not udp: s.listen(128)
    except OSError: continue
    got.append(s)
    print('ours', word)
sys.stdout.flush()
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
for _ in range(int(sys.argv[2]) if got else 0):
    if sys.argv[3] and not os.path.exists('/proc/' + sys.argv[3]): break
    time.sleep(1)`;

export const perlListener = `use Socket;
my ($mark, $seconds, $shell, @words) = @ARGV;
my @got;
for my $word (@words) {
  my ($protocol, $family, $port) = split m{/}, $word;
  my ($udp, $six) = ($protocol eq "udp", $family == 6);
  socket(my $s, $six ? Socket::AF_INET6() : AF_INET, $udp ? SOCK_DGRAM : SOCK_STREAM, 0) or next;
  setsockopt($s, Socket::IPPROTO_IPV6(), Socket::IPV6_V6ONLY(), 1) if $six;
  setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1) unless $udp;
  my $any = $six ? Socket::pack_sockaddr_in6($port, Socket::IN6ADDR_ANY()) : sockaddr_in($port, INADDR_ANY);
  bind($s, $any) or next;
  $udp or listen($s, 128) or next;
  push @got, $s;
  print "ours $word\\n";
}
close STDOUT;
for (1 .. (@got ? $seconds : 0)) {
  last if $shell && !-e "/proc/$shell";
  sleep 1;
}`;

/** Repeats a command that listens on a port for one connection, until the time is over or it is ended. */
export const repeatingListener = `seconds=$1 shell=$2; shift 2
trap 'kill $l $s; exit' TERM
(
  while [ "$seconds" -gt 0 ]; do
    [ -z "$shell" ] || [ -e "/proc/$shell" ] || exit 0
    sleep 1
    seconds=$((seconds-1))
  done
) & s=$!
(
  trap 'kill $n; exit' TERM
  while :; do "$@" & n=$!; wait "$n" || sleep 1; done
) & l=$!
wait "$s"; kill "$l"`;
