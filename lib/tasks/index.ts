export * from './command/index.ts';
export * from './files/index.ts';
export * from './stack/index.ts';
export * from './swarm/index.ts';
