import { createLab } from '../lab/create-lab.ts';
import type { Lab } from '../lab/lab.ts';

/** Does work on labs of three hosts, started at once, and takes them down at any end of it. */
export async function withLabs(count: number, work: (labs: readonly Lab[]) => Promise<void>): Promise<void> {
  const made = await Promise.allSettled(Array.from({ length: count }, () => createLab({ hosts: 3 })));
  const labs = made.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  try {
    const failed = made.find((each) => each.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    await work(labs);
  } finally {
    await Promise.all(labs.map((lab) => lab.down()));
  }
}

/** Shares items among workers: each takes the next as soon as it is free. */
export async function share<Worker, Item>(
  workers: readonly Worker[],
  items: readonly Item[],
  work: (worker: Worker, item: Item) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  await Promise.all(
    workers.map(async (worker) => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(worker, item);
    }),
  );
}
