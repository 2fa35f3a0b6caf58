import t from 'tap';
import { createFrameReader } from '../../lib/transport/frame-reader.ts';

const limit = 1000;

t.test('cuts outputs at the lines of the shell, however they arrive', async (t) => {
  const bytes = Buffer.from('one\nkey 0\ntwo\n\nkey 255\n\nkey 3\n');
  for (const size of [1, 3, bytes.length]) {
    const frames = createFrameReader('key', () => limit);
    const got: string[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      for (const { output, status } of frames.push(bytes.subarray(at, at + size)))
        got.push(`${output}:${status}`);
    }
    t.same(got, ['one:0', 'two\n:255', ':3']);
  }
});

t.test('a line of the shell that does not end counts as output: it is cut off like any other', async (t) => {
  const frames = createFrameReader('key', () => limit);
  const flood = () => {
    const piece = Buffer.alloc(100, 'x');
    for (const _ of frames.push(Buffer.from('\nkey '))) t.fail('there is no frame in it');
    for (let sent = 0; sent < 2 * limit; sent += piece.length)
      for (const _ of frames.push(piece)) t.fail('nor in this');
  };
  t.throws(flood, { code: 'command', message: /wrote more than/ });
});
