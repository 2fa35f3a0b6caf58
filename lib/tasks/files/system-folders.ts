/** Folders of the system: where a slip of the pen would give a whole system away. */
export const systemFolders: ReadonlySet<string> = new Set(
  ['', 'bin', 'boot', 'dev', 'etc', 'home', 'lib', 'lib32', 'lib64', 'libx32', 'lost+found', 'media', 'mnt']
    .concat(['opt', 'proc', 'root', 'run', 'sbin', 'srv', 'sys', 'tmp', 'usr', 'var'])
    .map((name) => `/${name}`),
);
