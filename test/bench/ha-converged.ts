import { defineCase } from './define-case.ts';
import { createHaLab } from './ha/ha-lab.ts';
import { verifyHa } from './ha/verify-ha.ts';

export default defineCase({
  name: 'ha-converged',
  title: 'high availability for Digital Access on three hosts with real engines; nothing to do',
  wanted: [
    { against: 'ansible', atLeast: 10 },
    { against: 'mitogen', atLeast: 6 },
  ],
  network: 'machine',
  setUp: (folder) => createHaLab(folder),
  tools: [
    { name: 'dabook', run: (ha, measured) => ha.dabook(measured), verify: ({ lab }) => verifyHa(lab) },
    { name: 'mitogen', run: (ha, measured) => ha.mitogen(measured), verify: ({ lab }) => verifyHa(lab) },
    { name: 'ansible', run: (ha, measured) => ha.ansible(measured), verify: ({ lab }) => verifyHa(lab) },
  ],
  tearDown: (ha) => ha.close(),
});
