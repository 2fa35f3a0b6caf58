import { isRunning, type Running } from './running.ts';
import { environment, sh } from './shell.ts';

/** How many subnets there are to choose from. */
const SUBNETS = 512;

/** Address in a lab's subnet: 1 is this machine, hosts begin at 11. Of 198.18.0.0/15, kept free for test networks. */
export function addressOf(subnet: number, number: number): string {
  return `198.${18 + (subnet >> 8)}.${subnet & 255}.${number}`;
}

/** The machine's own interface into a lab. */
export function uplinkOf(subnet: number): string {
  return `dabook${subnet}`;
}

/**
 * Plugs a hub's namespace into the machine, at a subnet that nothing else uses. The interface's name is the claim:
 * the kernel gives it to one lab only, and takes it back with the namespace at its other end. The bridge that joins
 * the hosts is in the hub, where the machine's own firewall does not see what they say to each other.
 * @returns the subnet
 * @throws Error where all are taken
 */
export async function plugIn(hub: number): Promise<number> {
  const routes = new Set((await sh`ip -4 route show table all`).stdout.split(/\s+/));
  const first = hub % SUBNETS;
  for (let tried = 0; tried < SUBNETS; tried++) {
    const subnet = (first + tried) % SUBNETS;
    if (routes.has(`${addressOf(subnet, 0)}/24`)) continue;
    const claim = await sh({
      nothrow: true,
    })`ip link add name ${uplinkOf(subnet)} type veth peer name uplink netns ${hub}`;
    if (claim.exitCode !== 0) {
      if (claim.stderr.includes('File exists')) continue;
      throw new Error(`cannot make a network interface: ${claim.stderr.trim()}`);
    }
    await batch([
      `address add ${addressOf(subnet, 1)}/24 dev ${uplinkOf(subnet)}`,
      `link set ${uplinkOf(subnet)} up`,
    ]);
    await batch(
      [
        'link add name bridge type bridge',
        'link set bridge up',
        'link set uplink master bridge',
        'link set uplink up',
      ],
      hub,
    );
    return subnet;
  }
  throw new Error(`all ${SUBNETS} subnets of 198.18.0.0/15 are in use on this machine`);
}

/** Gives back a lab's subnet at once, and not when the kernel gets round to the hub's namespace. */
export async function plugOut(hub: Running | undefined, subnet: number | undefined): Promise<void> {
  // Without its hub the name may be another lab's by now.
  if (subnet === undefined || !isRunning(hub)) return;
  await sh({ nothrow: true })`ip link delete ${uplinkOf(subnet)}`;
}

/**
 * Runs a cable from a host to its hub; the host's end is `eth0`. The hub's end has the host's name.
 * @param number the host's number in the subnet: its hardware address stays the same when it starts again, so
 *   that nobody's memory of it goes stale
 */
export async function wire(
  hub: number,
  host: number,
  name: string,
  subnet: number,
  number: number,
): Promise<void> {
  const hex = (value: number) => value.toString(16).padStart(2, '0');
  const mac = `02:da:b0:${hex(subnet >> 8)}:${hex(subnet & 255)}:${hex(number)}`;
  await sh({ nothrow: true })`nsenter --target ${hub} --net ip link delete ${name}`;
  const lines = [
    `link add name ${name} type veth peer name eth0 address ${mac} netns ${host}`,
    `link set ${name} master bridge`,
    `link set ${name} up`,
  ];
  await batch(lines, hub);
}

/** Cuts a host off, or heals it: its cable, on the hub's side. The host itself is not touched. */
export async function setLink(hub: number, name: string, state: 'up' | 'down'): Promise<void> {
  await sh`nsenter --target ${hub} --net ip link set ${name} ${state}`;
}

/** Whether a host's cable is plugged in. */
export async function linkState(hub: number, name: string): Promise<'up' | 'cut'> {
  const shown = await sh`nsenter --target ${hub} --net ip -brief link show ${name}`;
  return shown.stdout.includes('LOWER_UP') ? 'up' : 'cut';
}

async function batch(lines: readonly string[], namespace?: number): Promise<void> {
  const enter = namespace === undefined ? [] : ['nsenter', '--target', String(namespace), '--net'];
  await sh({ input: `${lines.join('\n')}\n`, env: environment })`${enter} ip -batch -`;
}
