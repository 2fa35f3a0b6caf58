import { execFile } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { promisify } from 'node:util';
import t from 'tap';
import { sshSocket } from '../../lib/transport/ssh-socket.ts';
import { listen } from './listen.ts';

/** Connects in a process of its own, where what SSH needs is not loaded yet. */
async function refusalOf(port: number): Promise<string> {
  const script = `
    import { createSshTransport } from '${new URL('../../lib/transport/ssh.ts', import.meta.url)}';
    const transport = createSshTransport({ home: '/', user: 'root', configFile: '/dev/null', knownHostsFiles: [] });
    transport.connect({ name: 'ha1', connection: 'ssh', address: '127.0.0.1', port: ${port} })
      .catch((error) => console.log(error.message));`;
  const words = [...process.execArgv, '--input-type=module', '--eval', script];
  return (await promisify(execFile)(process.execPath, words)).stdout;
}

t.test('a server that ends the connection before there is anything to speak SSH with', async (t) => {
  for (const [what, end] of [
    ['resets it', (socket: Socket) => socket.resetAndDestroy()],
    ['closes it', (socket: Socket) => socket.destroy()],
  ] as const) {
    let tries = 0;
    const port = await listen(t, (socket) => {
      tries += 1;
      end(socket);
    });
    t.match(await refusalOf(port), /^ha1 .* closed the connection before the SSH handshake/, what);
    t.equal(tries, 3);
  }
});

t.test(
  'a stream through a jump host is over once it is destroyed, whatever the jump host says',
  async (t) => {
    const port = await listen(t, (socket) => socket.resume());
    const channel = connect(port, '127.0.0.1');
    t.teardown(() => channel.resetAndDestroy());
    // As a channel of ssh2, which waits for the other side.
    const forward = async () => Object.assign(channel, { destroy: () => channel });
    const settings = {
      shown: 'ha1',
      address: '127.0.0.1',
      port,
      user: 'root',
      identityFiles: [],
      identitiesOnly: false,
      knownHostsFiles: [],
      jumps: ['jump'],
      timeout: 10_000,
    };
    const opened = await sshSocket(settings, { shown: 'jump', forward }, 10_000);
    if (!('got' in opened)) throw opened.fault;
    let closed = 0;
    opened.got.once('close', () => (closed += 1));
    opened.got.destroy();
    t.equal(closed, 1);
  },
);
