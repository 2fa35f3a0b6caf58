import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { defineCase, type Measured } from './define-case.ts';
import { ansibleEnvironment, dabook, job } from './tools.ts';

/** A host that hangs up on everybody, and notes when somebody connects. */
interface Door {
  readonly server: Server;
  /** Seconds of the clock that `process.hrtime` tells. */
  knocked: number | undefined;
  readonly inventory: string;
}

export default defineCase({
  name: 'start',
  title: 'dabook --version; and a run of one task from its start to the first connect',
  wanted: [
    { against: 'node -e 0', atMost: 1.5 },
    { of: 'dabook run', against: 'ansible-playbook', atLeast: 4 },
  ],
  runs: 15,
  setUp: async (folder): Promise<Door> => {
    const server = createServer((socket) => {
      door.knocked ??= Number(process.hrtime.bigint()) / 1e9;
      socket.on('error', () => undefined);
      socket.destroy();
    });
    const inventory = `${folder}/hosts.yml`;
    const door: Door = { server, knocked: undefined, inventory };
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await writeFile(
      inventory,
      `fleet: { hosts: { one: { ansible_host: 127.0.0.1, ansible_port: ${port}, files: /x, place: /x } } }\n`,
    );
    return door;
  },
  tools: [
    {
      name: 'dabook',
      run: async (_, measured) => void (await measured([...dabook, '--version'])),
    },
    {
      name: 'node -e 0',
      run: async (_, measured) => void (await measured([process.execPath, '-e', '0'])),
    },
    {
      name: 'dabook run',
      run: (door, measured) =>
        toFirstConnect(door, [...dabook, 'run', job('one-command.ts'), '-i', door.inventory], measured),
    },
    {
      name: 'ansible-playbook',
      run: (door, measured) =>
        toFirstConnect(door, ['ansible-playbook', '-i', door.inventory, job('one-command.yml')], measured),
    },
  ],
  tearDown: async ({ server }) => void server.close(),
});

/** Both end with status 4, as the only host is unreachable. What they do until then is not of interest here. */
async function toFirstConnect(
  door: Door,
  command: readonly [string, ...string[]],
  measured: Measured,
): Promise<{ seconds: number; cpu: undefined; memory: undefined; largest: undefined }> {
  door.knocked = undefined;
  const { started } = await measured(command, { ok: [4], env: ansibleEnvironment({ forks: 5 }) });
  if (door.knocked === undefined) throw new Error(`${command.join(' ')} never connected`);
  return { seconds: door.knocked - started, cpu: undefined, memory: undefined, largest: undefined };
}
