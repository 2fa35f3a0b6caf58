export { type Account, account } from './account.ts';
export { type CopyFileArgs, copyFile } from './copy-file.ts';
export { type CopyKeysArgs, copyKeys, type KeyFolder, type KeyState } from './copy-keys.ts';
export { type FileState, fileState } from './file-state.ts';
export { type KeyFile, type KeyFilesArgs, type KeySource, keyFiles } from './key-files.ts';
