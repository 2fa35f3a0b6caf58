import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { defineCase, type Measured } from './define-case.ts';
import { ansibleEnvironment, dabook } from './tools.ts';

interface Listing {
  readonly inventory: string;
  /** What the tool that ran last printed. */
  output: string;
}

const groups = 100;
const hostsEach = 100;

export default defineCase<Listing>({
  name: 'inventory-10k',
  title: `${groups * hostsEach} hosts in ${groups} groups, each with a file of group variables: everything listed as JSON`,
  wanted: [{ against: 'ansible-inventory', atLeast: 30 }],
  setUp: async (folder) => {
    const inventory = `${folder}/inventory`;
    await mkdir(`${inventory}/group_vars`, { recursive: true });
    await writeFile(`${inventory}/hosts.yml`, hostsText());
    await writeFile(`${inventory}/group_vars/all.yml`, groupVars('all'));
    for (let group = 0; group < groups; group++) {
      await writeFile(`${inventory}/group_vars/group${group}.yml`, groupVars(`group${group}`));
    }
    return { inventory, output: '' };
  },
  tools: [
    {
      name: 'dabook',
      run: (context, measured) =>
        list(context, [...dabook, 'inventory', '-i', context.inventory, '--list'], measured),
      verify,
    },
    {
      name: 'ansible-inventory',
      run: (context, measured) =>
        list(context, ['ansible-inventory', '-i', context.inventory, '--list'], measured),
      verify,
    },
  ],
});

async function list(
  context: Listing,
  command: readonly [string, ...string[]],
  measured: Measured,
): Promise<void> {
  const { output } = await measured(command, { env: ansibleEnvironment({ forks: 5 }) });
  context.output = output;
}

/** The JSON of both has the same form: hosts with their variables below `_meta`, and the groups. */
async function verify({ output }: Listing): Promise<void> {
  const { _meta: meta, ...rest } = JSON.parse(await readFile(output, 'utf8'));
  const hosts = Object.values(meta.hostvars) as { ip?: string; level?: string; setting_9?: string }[];
  const whole = hosts.filter(({ ip, level, setting_9: setting }) => ip && level === 'host' && setting);
  if (whole.length !== groups * hostsEach) throw new Error(`${whole.length} hosts have their variables`);
  const named = Object.keys(rest).filter((name) => /^group\d+$/.test(name)).length;
  if (named !== groups) throw new Error(`${named} groups were listed`);
}

function hostsText(): string {
  const lines = ['all:', '  children:'];
  for (let group = 0; group < groups; group++) {
    lines.push(`    group${group}:`, '      hosts:');
    for (let number = 0; number < hostsEach; number++) {
      lines.push(
        `        host-${group}-${number}.example.org:`,
        `          ip: 10.${group}.${number}.1`,
        '          level: host',
        `          services: [web, "queue-${number % 7}"]`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

function groupVars(name: string): string {
  const settings = Array.from({ length: 10 }, (_, number) => `setting_${number}: of ${name}`);
  return [`level: ${name}`, ...settings, 'limits:', '  memory: 512m', '  ports: [80, 443]', ''].join('\n');
}
