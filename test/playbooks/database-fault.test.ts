import { setTimeout as sleep } from 'node:timers/promises';
import { type Fact, type Host, unknown } from 'dabook';
import type { ServiceTask } from 'dabook/tasks';
import t from 'tap';
import { databaseFault } from '../../playbooks/digital-access/database-fault.ts';
import { Installation } from '../../playbooks/digital-access/installation.ts';
import { servicesWithNewKeys } from '../../playbooks/digital-access/new-keys.ts';
import { servicesOf } from '../../playbooks/digital-access/service.ts';

/** What a look finds: tasks of the two services, whether the port answers, and the log of each task by its id. */
interface Look {
  readonly administration: readonly ServiceTask[];
  readonly postgres?: readonly ServiceTask[];
  readonly accepts?: boolean;
  readonly logs?: Readonly<Record<string, readonly string[]>>;
}

const taskOf = (id: string, state: string, more: Partial<ServiceTask> = {}): ServiceTask => ({
  id,
  state,
  seconds: 600,
  isCurrent: true,
  isUp: state === 'running',
  ...more,
});
const up = [taskOf('db', 'running')];
const fatal = 'FATAL: connection to database failed';

/** Looks at a host of which each round is scripted; the last one repeats, but not for ever. */
async function look(looks: readonly Look[], settings: { answer_timeout?: number; port?: boolean } = {}) {
  let round = 0;
  const readLogs: string[] = [];
  const host = {
    async read(fact: Fact<unknown>) {
      const {
        administration,
        postgres = up,
        accepts = false,
        logs = {},
      } = looks[round] ?? looks.at(-1) ?? { administration: [] };
      const [kind, name] = JSON.parse(fact.key) as [string, string];
      if (kind === 'service tasks') return name === 'da_postgres' ? postgres : administration;
      if (kind === 'port answers') return { accepts };
      readLogs.push(name);
      return logs[name] ?? [];
    },
  } as unknown as Host;
  const installation = {
    ...Installation.parse({ version: '6.2', services: {} }),
    answer_timeout: settings.answer_timeout ?? 0,
  };
  const port = { service: 'administration', address: '10.0.0.1', port: 8443 };
  const fault = await databaseFault(
    host,
    {
      administration: 'administration',
      database: 'postgres',
      port: settings.port === false ? undefined : port,
    },
    installation,
    async () => {
      if (++round > 20) throw new Error('it never ends');
      await sleep(1);
    },
  );
  return { fault, rounds: round + 1, readLogs };
}

t.test('a service that runs and answers has no fault, whatever it wrote', async (t) => {
  const running = { administration: [taskOf('a', 'running')], accepts: true, logs: { a: [fatal] } };
  t.strictSame(await look([running]), { fault: undefined, rounds: 1, readLogs: [] });
  const silent = { administration: [taskOf('a', 'running')] };
  t.equal((await look([silent], { port: false })).fault, undefined, 'without a port its task decides');
  const former = {
    administration: [taskOf('a', 'running', { isCurrent: false, isUp: false })],
    accepts: true,
  };
  t.not((await look([former, former, running])).rounds, 1, 'a task of former settings is no answer');
});

t.test('a service that tries again and again', async (t) => {
  const trying = { administration: [taskOf('a', 'running')], logs: { a: ['starting', fatal] } };
  t.equal((await look([trying])).fault, fatal);
  const mended = { ...trying, accepts: true };
  t.strictSame(
    await look([trying, trying, mended], { answer_timeout: 60 }),
    { fault: undefined, rounds: 3, readLogs: [] },
    'it is given its time',
  );
  const starting = { ...trying, postgres: [taskOf('db', 'running', { seconds: 3 })] };
  t.equal(
    (await look([starting, starting, mended], { answer_timeout: 10 })).fault,
    undefined,
    'so is the database',
  );
});

t.test('a service that ends again and again', async (t) => {
  const failed = (id: string) => taskOf(id, 'failed');
  const waiting = taskOf('next', 'ready', { seconds: 1 });
  const ending = {
    administration: [waiting, failed('c'), failed('b'), failed('a')],
    logs: { c: [fatal], b: [], a: [] },
  };
  t.strictSame(await look([ending]), { fault: fatal, rounds: 1, readLogs: ['c'] });

  const former = { ...ending, logs: { c: ['no license'], b: [fatal], a: [fatal] } };
  t.equal((await look([former])).fault, undefined, 'only the newest task counts');

  const again = taskOf('d', 'running', { seconds: 0, isUp: false });
  const begins = { ...ending, administration: [again, failed('c'), failed('b'), failed('a')], logs: {} };
  t.equal(
    (await look([begins, { ...begins, logs: { d: [fatal] } }], { answer_timeout: 0.001 })).fault,
    fatal,
    'one that has just begun is heard out',
  );
});

t.test('what is another trouble ends the look at once', async (t) => {
  const pending = { administration: [taskOf('a', 'pending', { error: 'no suitable node' })] };
  t.strictSame(await look([pending]), { fault: undefined, rounds: 1, readLogs: [] });
  const rejected = ['a', 'b', 'c'].map((id) => taskOf(id, 'rejected', { error: 'No such image' }));
  t.strictSame(await look([{ administration: rejected }]), { fault: undefined, rounds: 1, readLogs: [] });
  const broken = { administration: [taskOf('a', 'running')], postgres: rejected, logs: { a: [fatal] } };
  t.equal((await look([broken])).fault, undefined, 'a database that cannot run is not restarted');
  const deaf = { administration: [taskOf('a', 'running')], logs: { a: ['started'] } };
  t.equal((await look([deaf])).fault, undefined, 'a port that stays closed for another reason');
  const unseen = { administration: unknown('tasks') as unknown as readonly ServiceTask[] };
  t.equal((await look([unseen])).fault, undefined, 'a stack that is yet to change');
});

t.test('services with new keys: by content, and by nothing else', async (t) => {
  const services = servicesOf(
    Installation.parse({
      version: '6.2',
      services: { policy1: { node: 'ha2' }, 'access-point': { node: 'ha2' } },
    }),
  );
  const source = (name: string, sha256: string) => ({
    host: 'ha1',
    become: true,
    files: [{ name, path: `/keys/${name}`, sha256 }],
  });
  const keys = { internal: source('internal.key', 'i1'), shared: source('shared.key', 's1') };
  const withNew = (folders: Readonly<Record<string, Readonly<Record<string, string>>>>) => {
    const host = {
      read: async (fact: Fact<unknown>) => folders[(JSON.parse(fact.key) as [string, string])[1]] ?? {},
    } as unknown as Host;
    return servicesWithNewKeys(host, services, keys, Installation.parse({ version: '6.2', services: {} }));
  };
  const policy = '/opt/nexus/config/policy-service/keys';
  const accessPoint = '/opt/nexus/config/access-point/keys';
  const both = { 'internal.key': 'i1', 'shared.key': 's1' };
  t.strictSame(await withNew({ [policy]: both, [accessPoint]: { 'shared.key': 's1' } }), []);
  t.strictSame(await withNew({ [policy]: both }), ['access-point']);
  t.strictSame(
    await withNew({ [policy]: { ...both, 'internal.key': 'i0' }, [accessPoint]: { 'shared.key': 's1' } }),
    ['policy1'],
  );
});
