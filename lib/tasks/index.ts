export * from './backup/index.ts';
export * from './command/index.ts';
export * from './files/index.ts';
export * from './gate/index.ts';
export * from './stack/index.ts';
export * from './swarm/index.ts';
export * from './system/index.ts';
