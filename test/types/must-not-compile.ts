import { type Host, playbook, Secret, secret, secretText, sh, show, task } from 'dabook';
import { copyFile, type JoinToken, labelNode, type Swarm, swarmJoin } from 'dabook/tasks';
import { z } from 'zod';

// Each line below a directive must not compile: the test takes the directives away and wants a fault there.

const Node = z.object({ ip: z.string(), services: z.array(z.string()) });

export const vars = playbook({ name: 'vars', groups: { manager: Node } }, async ({ groups: { manager } }) => {
  const [first] = manager;
  const ip: string = first.vars.ip;
  // @ts-expect-error a host variable that the schema does not have
  const missing = first.vars.address;
  // @ts-expect-error a host variable of another type
  const port: number = first.vars.ip;
  await first.read({ key: ip, known: true, read: async () => [missing, port] });
});

export const groups = playbook({ name: 'groups', groups: { manager: Node } }, async (context) => {
  // @ts-expect-error a group that the playbook does not ask for
  const { workers } = context.groups;
  await context.play('x', workers, async () => {});
});

export const settings = playbook(
  { name: 'settings', groups: { manager: Node }, vars: z.object({ stack: z.string() }) },
  async ({ vars }) => {
    // @ts-expect-error a variable that the playbook does not declare
    sh`docker stack rm ${vars.stak}`;
  },
);

export async function tokens(host: Host, swarm: Swarm, worker: JoinToken<'worker'>): Promise<void> {
  await host.run(swarmJoin({ swarm, role: 'worker', token: worker }));
  // @ts-expect-error a worker's token where a manager's is needed
  await host.run(swarmJoin({ swarm, role: 'manager', token: worker }));
  // @ts-expect-error a plain text where a token is needed
  await host.run(swarmJoin({ swarm, role: 'worker', token: 'SWMTKN-1-x' }));
}

export function secrets(password: Secret): void {
  // @ts-expect-error a secret in a command line
  sh`login --password ${password}`;
  // @ts-expect-error a plain text for a secret
  const plain: Secret = 'hush';
  secret('password', show(plain));
}

const Database = z.object({ password: z.instanceof(Secret), old: z.instanceof(Secret).optional() });

export const texts = playbook({ name: 'texts', groups: { db: Database } }, async ({ groups: { db } }) => {
  const [{ vars }] = db;
  // @ts-expect-error a secret in a plain text
  copyFile({ dest: '/etc/app', content: `password=${vars.password}` });
  // @ts-expect-error the same, where there may be none
  const maybe = `password=${vars.old ?? 'none'}`;
  let sum = 'password=';
  // @ts-expect-error a secret beside a plus
  sum += vars.password;
  // @ts-expect-error and on its other side
  const other = vars.password + sum;
  // @ts-expect-error one of several values
  const list = [vars.password, maybe, other].map((value) => `- ${value}`);
  // @ts-expect-error a list is no piece of a text
  secretText`${list}`;
  const content = secretText`password=${vars.password}\nport=${5432}\nname=${'db'}\n`;
  copyFile({ dest: '/etc/app', content });
  const opaque: Secret = vars.old ?? vars.password;
  // @ts-expect-error what is made of secrets is one
  const again: string = content;
  secretText`${opaque}${again}`;
});

export function kinds(value: string | Secret, any: unknown, worker: JoinToken<'worker'>): string {
  if (any instanceof Secret) {
    // @ts-expect-error what turns out to be a secret
    return `${any}`;
  }
  // @ts-expect-error a secret with a label of its own
  const token = `${worker}`;
  const label: 'worker join token' = worker.label;
  return value instanceof Secret ? value.label : value.trim() + token + label;
}

export async function results(host: Host): Promise<void> {
  // @ts-expect-error labels are texts
  await host.run(labelNode({ node: 'x', labels: { gpu: true } }));
  const wrong = task('wrong', {
    title: (_a: { size: number }) => 'wrong',
    fact: () => ({ key: 'size', known: true, read: async () => 7 }),
    // @ts-expect-error the wanted state is not of the fact's type
    want: () => 'seven',
    steps: () => [],
  });
  // @ts-expect-error an argument of another type
  wrong({ size: 'x' });
}
