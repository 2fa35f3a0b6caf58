import { createMemoryTransport, type MemoryHost } from '../../lib/transport/memory.ts';
import { onHosts } from '../tasks/rig.ts';

/** Work on hosts in memory: what came of it, what they were asked, and all that was told of it as one text. */
export function told<R>(hosts: Readonly<Record<string, MemoryHost>>, work: Parameters<typeof onHosts<R>>[1]) {
  const { connect, asked } = createMemoryTransport({ hosts });
  const targets = Object.keys(hosts).map((name) => ({ name, connection: 'ssh', address: name }) as const);
  const ran = onHosts({ targets, become: false, connect }, work);
  return ran.then((all) => ({ ...all, asked, text: JSON.stringify(all.events) }));
}
