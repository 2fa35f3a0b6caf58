import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../lab/lab.ts';
import { recordOf } from '../lab/lab-record.ts';
import { childOf } from '../lab/running.ts';

/** What runs on a host of the lab by itself; containers have process ids of their own. */
const ownPrograms =
  /^(sh \S*host-init\.sh|sshd: \S+sshd( -D)?( -e)? \[listener\]|\S*sshd -D|\S*dockerd |containerd |\S*containerd-shim|\S*docker-proxy|libnetwork-setkey |setup-resolver |set-ipv6 |set-default-vlan|\S*runc |runc)/;

const look = `
find /tmp /var/tmp /run/lock /opt /etc /home /root -xdev \\( -name '.dabook*' -o -name 'dabook.*' -o -name 'dabook-[0-9a-f]*' ! -name dabook-answers.yml -o -name 'tmp.*' \\) 2>/dev/null
[ "$(docker info -f '{{.Swarm.ControlAvailable}}')" != true ] || docker config ls --format 'config {{.Name}}' | grep dabook
true`;

/**
 * What dabook left on the hosts of a lab: processes, temporary files, locks. Looks again for some seconds before it
 * says so.
 * @param hosts by number; all by default
 */
export async function leftoversOn(
  lab: Lab,
  seconds = 5,
  hosts?: readonly number[],
): Promise<readonly string[]> {
  const until = performance.now() + seconds * 1000;
  for (;;) {
    const found = (
      await Promise.all(
        (hosts ?? lab.hosts.map((_, index) => index + 1)).map(async (number) => {
          const files = await lab.root(number, look).text();
          const all = [...files.split('\n').filter((line) => line !== ''), ...processesOn(lab, number)];
          return all.map((line) => `left on ha${number}: ${line}`);
        }),
      )
    ).flat();
    if (found.length === 0 || performance.now() > until) return found;
    await sleep(250);
  }
}

/** What does not belong to a host by itself. */
function processesOn(lab: Lab, number: number): readonly string[] {
  return hostProcesses(lab, number)
    .filter(({ shown }) => !ownPrograms.test(shown))
    .map(({ pid, shown }) => `process ${pid}: ${shown.slice(0, 200)}`);
}

/** Processes of a host but its first one and those in containers, seen from outside: its process ids are a space of their own. */
export function hostProcesses(
  lab: Lab,
  number: number,
): readonly { readonly pid: number; readonly shown: string }[] {
  const first = childOf(recordOf(lab.name).hosts[number - 1]?.process?.pid ?? 0);
  if (first === undefined) return [];
  const space = readlinkSync(`/proc/${first}/ns/pid`);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== first)
    .flatMap((pid) => {
      try {
        if (readlinkSync(`/proc/${pid}/ns/pid`) !== space) return [];
        const shown = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        // Without arguments it is a zombie, or about to be another program.
        return shown === '' ? [] : [{ pid: Number(pid), shown }];
      } catch {
        return [];
      }
    });
}
