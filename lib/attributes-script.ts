import { ownership } from './ownership.ts';
import { inPrivateFolder } from './private-folder.ts';
import { Command, sh } from './sh.ts';
import type { AttributesStep } from './step.ts';

/**
 * The shell command that gives a file its owner and mode. It works on a second name of the file in a
 * private folder: what that name stands for cannot be exchanged between the look at it and the change.
 */
export function attributesScript(step: AttributesStep): Command {
  const { path, mode } = step;
  const owners = ownership(step);
  // The owner first, and then a mode with set-id bits again: a change of owner clears them.
  const chown = owners === '' ? [] : [sh`chown -h ${owners} "./$n"`];
  const chmod = mode === undefined ? [] : [sh`chmod ${mode} "./$n"`];
  const changes = new Command([...chown, ...chmod].join(' && ') || ':');
  // A hard link is of the thing itself, a symbolic link included: which is then seen and refused.
  return sh`${inPrivateFolder(path)}
ln "../$n" "./$n" || exit 1
made=1
if [ -L "./$n" ] || [ ! -f "./$n" ]; then echo ${`${path} is no regular file`} >&2; exit 1; fi
${changes}`;
}
