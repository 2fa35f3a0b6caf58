import { type Fact, fact } from '../../fact.ts';
import { type Command, sh } from '../../sh.ts';
import { heldSocket } from './held-ports.ts';
import { perlListener, pythonListener, repeatingListener } from './listen-programs.ts';
import { socketTools } from './socket-tools.ts';

export type Protocol = 'tcp' | 'udp';

/** A port of a host, and the version of IP that it is reached by. */
export interface Socket {
  readonly protocol: Protocol;
  readonly family: 4 | 6;
  readonly port: number;
}

/** Who listens on a port: a program of the host, one of ours for the time of the probe, or nobody. */
export type Listener = 'held' | 'ours' | 'nobody';

export interface Listeners {
  /** By {@link socketName}. */
  readonly on: Readonly<Record<string, Listener>>;
  /** The processes that are ours. */
  readonly pids: readonly string[];
}

/**
 * Listens on the ports of a host that nobody listens on, with what the host has, for so many seconds: python3
 * and perl listen on all, socat and nc on TCP ports. They leave nothing behind, on no disk either.
 * @param mark tells these listeners from all other programs: nothing is ended for its number alone
 */
export function listeners(sockets: readonly Socket[], seconds: number, mark: string): Fact<Listeners> {
  return fact<Listeners>({
    key: ['listeners', mark],
    read: async (ask) => {
      const { stdout } = await ask.sh(listen(sockets, seconds, mark));
      const lines = stdout.split('\n').map((line) => line.split(' '));
      const listener = (name: string): Listener => {
        const [word] = lines.find(([, on]) => on === name) ?? [];
        return word === 'held' || word === 'ours' ? word : 'nobody';
      };
      return {
        on: Object.fromEntries(sockets.map(socketName).map((name) => [name, listener(name)])),
        pids: lines.flatMap(([word, pid = '']) => (word === 'pid' && /^\d+$/.test(pid) ? pid : [])),
      };
    },
  });
}

/** Ends listeners before their time: a service that starts now needs their ports. Gives nothing. */
export function endOfListeners(pids: readonly string[], mark: string): Fact<undefined> {
  return fact({
    key: ['end of listeners', mark],
    read: async (ask) => {
      if (pids.length > 0) await ask.sh(end(pids, mark));
      return undefined;
    },
  });
}

/** `tcp/4/2377` */
export function socketName({ protocol, family, port }: Socket): string {
  return `${protocol}/${family}/${port}`;
}

function listen(sockets: readonly Socket[], seconds: number, mark: string): Command {
  return sh`mark=${mark} seconds=${seconds}
# Set where this is the shell of a session, and not one for this command alone.
shell=\${__k:+$$}
set -- ${sockets.map(socketName)}
${socketTools}
${heldSocket}
for word do
  shift
  if held "$word"; then echo "held $word"; else set -- "$@" "$word"; fi
done
[ $# -gt 0 ] || exit 0
# Reads until the program has closed its output: then its sockets are there.
all() {
  program=$1; shift
  got=$("$program" "$option" "$text" "$mark" "$seconds" "$shell" "$@" </dev/null 2>/dev/null & echo "pid $!")
  case $got in *ours*) echo "$got"; exit 0;; esac
}
if [ -n "$python" ]; then option=-c text=${pythonListener}; all "$python" "$@"; fi
if has perl; then option=-e text=${perlListener}; all perl "$@"; fi
one() {
  sh -c ${repeatingListener} "$mark" "$seconds" "$shell" "$@" </dev/null >/dev/null 2>&1 &
  echo "pid $!"
}
for word do
  port=\${word##*/}
  case $word in udp/*) continue;; tcp/6/*) six=6;; *) six=;; esac
  if has socat; then one socat -u "TCP\${six:-4}-LISTEN:$port,reuseaddr,fork\${six:+,ipv6only=1}" OPEN:/dev/null
  elif [ -n "$nc" ]; then
    case $($nc -h 2>&1) in
      *OpenBSD*) one $nc \${six:+-6} -l "$port";;
      *Ncat*) one $nc \${six:+-6} -l -k "$port";;
      *) one $nc -l -p "$port";;
    esac
  fi
done
sleep 0.3 2>/dev/null || sleep 1
for word do
  case $word in tcp/*) if held "$word"; then echo "ours $word"; fi;; esac
done`;
}

function end(pids: readonly string[], mark: string): Command {
  return sh`for p in ${pids}; do
  if { tr '\\0' ' ' <"/proc/$p/cmdline" | grep -q ${mark}; } 2>/dev/null; then kill "$p"; fi
done
:`;
}
