import t from 'tap';
import type { Channel } from '../../lib/transport/channel.ts';
import { startCommand } from '../../lib/transport/start-command.ts';

t.test('a channel that is opened once it has been given up is let go of', async (t) => {
  let open: (channel: Channel) => void = () => {};
  const opening = new Promise<Channel>((resolve) => {
    open = resolve;
  });
  const place = { host: 'ha1', user: 'da', address: 'da@ha1:22' };
  const output = { stdout: () => {}, stderr: () => {} };
  const started = startCommand(
    { open: () => opening, place, script: ':', become: false, timeout: 5 },
    output,
  );
  await t.rejects(started, { code: 'unreachable', message: /no shell within 0\.005 s/ });
  const destroyed = new Promise<void>((resolve) => {
    open({ write: async () => {}, end: () => {}, ended: new Promise(() => {}), destroy: resolve });
  });
  await destroyed;
  t.pass('it was let go of');
});
