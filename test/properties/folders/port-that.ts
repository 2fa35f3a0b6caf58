import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** A port of this machine that somebody listens on until this process ends, or that nobody does. */
export async function portThat(isOpen: boolean): Promise<number> {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  if (isOpen) server.unref();
  else server.close();
  return port;
}
