import { counted } from './counted.ts';
import { ownership } from './ownership.ts';
import { posixQuote } from './posix-quote.ts';
import { Secret } from './secret.ts';
import { show } from './show.ts';
import type { Content, Step, TreeStep } from './step.ts';

/** A step as it may be shown. */
export function showStep(step: Step): string {
  switch (step.kind) {
    case 'exec':
      if (step.title !== undefined) return step.title;
      return step.stdin === undefined
        ? step.command.text
        : `${step.command.text} < ${shownStdin(step.stdin)}`;
    case 'put': {
      const owners = ownership(step);
      const owned = owners === '' ? '' : ` owned by ${owners}`;
      return `write ${posixQuote(step.path)} mode ${step.mode}${owned}`;
    }
    case 'tree':
      return shownTree(step);
    case 'attributes': {
      const owners = ownership(step);
      const chown = owners === '' ? [] : [`chown ${owners}`];
      const chmod = step.mode === undefined ? [] : [`chmod ${step.mode}`];
      return `${[...chown, ...chmod].join(', ')} ${posixQuote(step.path)}`;
    }
    case 'fetch':
      return `${step.title ?? step.command.text} > ${posixQuote(step.path)} (on the control machine)`;
    case 'ask':
      return `ask: ${step.form.title}; keep the answers in ${posixQuote(step.keep.path)}`;
    case 'docker':
      return `${step.title} (${step.method} ${step.path})`;
  }
}

function shownTree({ path, folders, files }: TreeStep): string {
  const sent = files.filter(({ isSent }) => isSent);
  const made = folders.filter(({ isNew }) => isNew);
  const bytes = sent.reduce((all, { size }) => all + size, 0);
  const others = files.length + folders.length - sent.length - made.length;
  const parts = [
    sent.length > 0 && `write ${counted(sent.length, 'file')} (${counted(bytes, 'byte')})`,
    made.length > 0 && `make ${counted(made.length, 'folder')}`,
    others > 0 && `set owner and mode of ${others}`,
  ];
  return `${parts.filter(Boolean).join(', ')}: ${posixQuote(path)}`;
}

function shownStdin(stdin: string | Secret | Content): string {
  if (typeof stdin === 'string') return `${Buffer.byteLength(stdin)} bytes`;
  if (stdin instanceof Secret) return show(stdin);
  switch (stdin.from) {
    case 'text':
      return shownStdin(stdin.text);
    case 'secret':
      return show(stdin.secret);
    case 'control':
      return posixQuote(stdin.path);
    case 'host':
      return `${stdin.host}:${posixQuote(stdin.path)}`;
  }
}
