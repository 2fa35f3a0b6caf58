export { type BackupArgs, type BackupState, backup } from './backup.ts';
export { type Backup, type DamagedBackup, listBackups, type SoundBackup } from './list-backups.ts';
export type { SavedFile } from './parse-listing.ts';
export { type RestoreArgs, type RestoredFile, type RestoreState, restore } from './restore.ts';
