import { defineCase } from './define-case.ts';
import { createHaLab } from './ha/ha-lab.ts';
import { verifyHa } from './ha/verify-ha.ts';

export default defineCase({
  name: 'ha-apply',
  title:
    'high availability for Digital Access on three hosts with real engines, from separate installations to all services running',
  wanted: [
    { against: 'by hand', atMost: 1.2 },
    { against: 'ansible', atLeast: 1.5 },
  ],
  runs: 3,
  network: 'machine',
  setUp: (folder) => createHaLab(folder),
  tools: [
    {
      name: 'dabook',
      prepare: (ha) => ha.reset(),
      run: (ha, measured) => ha.dabook(measured),
      verify: ({ lab }) => verifyHa(lab),
    },
    {
      name: 'by hand',
      prepare: async (ha) => {
        await ha.reset();
        await ha.connect();
      },
      run: (ha, measured) => ha.byHand(measured),
      verify: ({ lab }) => verifyHa(lab),
    },
    {
      name: 'ansible',
      rehearsed: false,
      prepare: (ha) => ha.reset(),
      run: (ha, measured) => ha.ansible(measured),
      verify: ({ lab }) => verifyHa(lab),
    },
  ],
  tearDown: (ha) => ha.close(),
});
