import t from 'tap';
import { stackOnModel } from './stack-on-model.ts';
import { swarmOnModel } from './swarm-on-model.ts';

for (const [name, truth] of Object.entries({ ...swarmOnModel, ...stackOnModel })) await truth(t, name);
