import type { ComposeSource } from '../../compose/compose-source.ts';
import { dnsrrPorts } from '../../compose/dnsrr-ports.ts';
import { refuseFound } from '../../compose/finding.ts';
import { imageFindings } from '../../compose/image-findings.ts';
import { unscoped } from '../../compose/namespace.ts';
import { type ParsedFile, readComposeFile } from '../../compose/parse-file.ts';
import { portClashes } from '../../compose/port-clashes.ts';
import { strayServices } from '../../compose/stray-services.ts';
import { equal } from '../../equal.ts';
import { refuse } from '../../refuse.ts';
import { show } from '../../show.ts';
import type { DeployBasis, DeployedStack } from './deployed-stack.ts';
import { networkSettings, wantedNetworkSettings } from './network-settings.ts';
import type { StackDeployArgs } from './stack-deploy-args.ts';

/**
 * Refuses what docker's deploy would refuse half way, or would do without a word and wrong.
 * @throws DabookError `refused`
 */
export function refuseFaults({ basis }: DeployedStack, { name }: StackDeployArgs): void {
  refuseHost(basis, name);
  refuseFindings(basis);
  refuseMissing(basis, name);
  refuseChangedNetworks(basis);
  refuseChangedFiles(basis, name);
}

function refuseHost({ live: { host } }: DeployBasis, stack: string): void {
  if (host.isManager) return;
  const why = {
    inactive: 'this host is in no swarm',
    active: 'this host is a worker of its swarm',
    locked: 'the swarm of this host is locked',
  }[host.state];
  throw refuse(
    `${why ?? `the swarm of this host is in state ${host.state}`}: stack ${stack} cannot be deployed here`,
    host.state === 'locked' ? 'unlock it: docker swarm unlock' : 'deploy on a manager of the swarm',
  );
}

/** What the lint of the files tells too, as far as it fails or misleads a deploy. */
function refuseFindings({ config, sources, specs }: DeployBasis): void {
  const files = readable(sources);
  const [first] = [
    ...strayServices(files),
    ...imageFindings(config.services, files),
    ...dnsrrPorts(specs, files),
    ...portClashes(specs, files),
  ];
  if (first !== undefined) throw refuseFound(first);
}

/** The files as data, for places in them. Docker has read them already; one that only docker understands is left out. */
export function readable(sources: readonly ComposeSource[]): readonly ParsedFile[] {
  return sources.flatMap((source) => readComposeFile(source).parsed ?? []);
}

/** What the files call external, or read from the host, must be there. */
function refuseMissing({ config, networks, live, fileObjects }: DeployBasis, stack: string): void {
  for (const name of networks.external) {
    if (['bridge', 'host', 'none', 'default'].includes(name)) continue;
    const found = live.networks.filter(({ Name }) => Name === name);
    if (found.some(({ Scope }) => Scope === 'swarm')) continue;
    if (found.length > 0) {
      throw refuse(
        `the external network ${name} of stack ${stack} is local to this host`,
        `a stack needs one of the swarm: docker network create -d overlay NAME`,
      );
    }
    throw refuse(
      `the external network ${name} of stack ${stack} does not exist`,
      `make it first: docker network create -d overlay ${name}`,
    );
  }
  for (const section of ['secrets', 'configs'] as const) {
    const kind = section === 'secrets' ? 'secret' : 'config';
    for (const [key, { name = key, external, file, driver }] of Object.entries(config[section])) {
      if (external && fileObjects[section][name] === undefined) {
        throw refuse(
          `the external ${kind} ${name} of stack ${stack} does not exist`,
          `make it first: docker ${kind} create ${name} FILE`,
        );
      }
      if (!external && driver === undefined && file !== undefined && fileObjects.files[file] === undefined) {
        throw refuse(
          `the file ${file} of ${kind} ${key} cannot be read on this host`,
          `put it there, or correct ${section}.${key}.file`,
        );
      }
    }
  }
}

/** Docker's deploy leaves a network that exists as it is; a service would run on another than its file says. */
function refuseChangedNetworks({ networks, live }: DeployBasis): void {
  for (const [name, spec] of Object.entries(networks.own)) {
    const network = live.networks.find((each) => each.Name === name);
    if (network === undefined) continue;
    const is = networkSettings(network, spec);
    const wanted = wantedNetworkSettings(spec);
    const differing = [...new Set([...Object.keys(is), ...Object.keys(wanted)])].filter(
      (key) => !equal(is[key], wanted[key]),
    );
    if (differing.length === 0) continue;
    const shown = differing.map(
      (key) => `${key} is ${show(is[key] ?? 'not set')}, not ${show(wanted[key] ?? 'not set')}`,
    );
    throw refuse(
      `network ${name} differs from its definition, and a network cannot be changed: ${shown.join('; ')}`,
      'remove the stack first (stackRemove), or give the network another name in the compose file',
    );
  }
}

/** The data of a config cannot be changed. That of a secret cannot either, but is not to be seen. */
function refuseChangedFiles({ config, fileObjects }: DeployBasis, stack: string): void {
  for (const [key, { file, external, name = `${stack}_${key}` }] of Object.entries(config.configs)) {
    const live = fileObjects.configData[name];
    if (external || file === undefined || live === undefined || live === fileObjects.files[file]) continue;
    throw refuse(
      `config ${unscoped(stack, name)} differs from ${file}, and a config cannot be changed`,
      `give it a new name in the compose files: configs.${key}.name: ${key}-2`,
    );
  }
}
