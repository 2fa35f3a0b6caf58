import { readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import ssh2 from 'ssh2';
import type { BadHost, BadHostsOrder } from './bad-hosts.ts';

const order = JSON.parse(process.argv[2] ?? '') as BadHostsOrder;
const hostKey = readFileSync(order.hostKey);

process.once('disconnect', () => process.exit());
await Promise.all(order.hosts.map((host) => listening(host, serverOf(host))));
process.send?.({});

function serverOf(host: BadHost): Server | ssh2.Server {
  switch (host.trouble) {
    case 'banner':
      return createServer((socket) => ignoring(socket));
    case 'flood':
      return createServer((socket) => flood(ignoring(socket)));
    case 'login':
    case 'shell':
      return sshServer(host.trouble === 'shell');
    default:
      return cutting(host);
  }
}

/** Lets everybody in. What is asked of it then is heard, and not answered; a shell that it starts says nothing. */
function sshServer(startsShells: boolean): ssh2.Server {
  return new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    client.on('error', () => {});
    client.on('authentication', (context) => context.accept());
    client.on('session', (accept) => {
      if (!startsShells) return;
      accept().on('exec', (acceptCommand) => void acceptCommand().resume());
    });
  });
}

/** Hands a connection on to the real sshd, until it has answered with so many bytes; of the first connection alone. */
function cutting({ name, address, trouble, after }: BadHost): Server {
  let isOver = false;
  const server = createServer({ noDelay: true }, (client) => {
    ignoring(client);
    if (isOver && trouble === 'gone') return client.destroy();
    const upstream = ignoring(connect({ host: address, port: order.port, noDelay: true }));
    let answered = 0;
    const isFirst = !isOver;
    upstream.on('data', (bytes: Buffer) => {
      answered += bytes.length;
      if (!isFirst || answered < after) return void client.write(bytes);
      if (isOver) return;
      isOver = true;
      process.send?.({ cut: name });
      client.resetAndDestroy();
      upstream.destroy();
      if (trouble === 'gone') server.close();
    });
    client.on('data', (bytes: Buffer) => upstream.write(bytes));
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  return server;
}

/** Lines without an end, and never those that SSH begins with. */
function flood(socket: Socket): void {
  const text = Buffer.alloc(65_536, `${'x'.repeat(200)}\r\n`);
  const more = () => {
    while (!socket.destroyed && socket.write(text));
  };
  socket.on('drain', more);
  more();
}

function ignoring(socket: Socket): Socket {
  return socket.on('error', () => socket.destroy());
}

function listening({ address, port }: BadHost, server: Server | ssh2.Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, address, () => resolve());
  });
}
