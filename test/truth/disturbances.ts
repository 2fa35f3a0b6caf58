import type { Lab } from '../lab/lab.ts';

/** Something that somebody did to an installation that was as it should be. */
export interface Disturbance {
  readonly name: string;
  /**
   * May fail where an earlier one took away what it is about.
   * @param pick gives one of a list, by the case's own random numbers
   */
  do(lab: Lab, pick: <T>(list: readonly T[]) => T): Promise<unknown>;
  /** Takes back what the reset of a lab leaves as it is. Must do no harm where nothing was done. */
  readonly undo?: (lab: Lab) => Promise<unknown>;
}

export const config = '/opt/nexus/config';
export const compose = '/opt/nexus/docker-compose';
const services = [
  'administration',
  'policy',
  'authentication',
  'distribution',
  'postgres',
  'policy1',
  'authentication1',
  'distribution1',
  'access-point',
];

/** Where a worker keeps the keys and the settings of each of its services: host number, folder. */
export const folders = [
  [2, 'policy-service'],
  [2, 'authentication-service'],
  [2, 'distribution-service'],
  [3, 'access-point'],
] as const;

export const workers = [2, 3] as const;

const nodeId = (name: string) =>
  `$(docker node ls -q | xargs docker node inspect -f '{{.ID}} {{.Description.Hostname}} {{.Status.State}}' | awk '$2=="${name}" && $3=="ready" {print $1}')`;

/** The ways in which an installation is disturbed. */
export const disturbances: readonly Disturbance[] = [
  {
    name: 'a label is taken off',
    do: (lab, pick) => {
      const [name, label] = pick([
        ['ha2', 'da-policy-service1'],
        ['ha2', 'da-distribution-service1'],
        ['ha3', 'da-access-point'],
        ['ha1', 'da-postgres'],
      ] as const);
      return lab.root(1, `docker node update --label-rm ${label} ${nodeId(name)}`);
    },
  },
  {
    name: 'a label has another value',
    do: (lab, pick) =>
      lab.root(
        1,
        `docker node update --label-add da-policy-service1=${pick(['false', 'TRUE', ''])} ${nodeId('ha2')}`,
      ),
  },
  {
    name: 'a label of another host, and a foreign one',
    do: (lab, pick) =>
      lab.root(
        1,
        `docker node update --label-add ${pick(['da-access-point=true', 'zone=north', 'da-policy-service=true'])} ${nodeId('ha2')}`,
      ),
  },
  {
    name: 'a worker left the swarm',
    do: (lab, pick) => lab.root(pick(workers), 'docker swarm leave --force'),
  },
  {
    name: 'a worker is in a swarm of its own',
    do: async (lab, pick) => {
      const host = pick(workers);
      const { address } = lab.hosts[host - 1] ?? { address: '' };
      await lab.root(host, 'docker swarm leave --force');
      await lab.root(host, `docker swarm init --advertise-addr ${address}`);
    },
  },
  {
    name: 'a worker joined anew, and its former node is listed still',
    do: async (lab, pick) => {
      const host = pick(workers);
      const token = (await lab.root(1, 'docker swarm join-token -q worker').text()).trim();
      await lab.root(host, 'docker swarm leave --force');
      await lab.root(host, `docker swarm join --token ${token} ${lab.hosts[0]?.address}:2377`);
    },
  },
  {
    name: 'services are gone',
    do: (lab, pick) => lab.root(1, `docker service rm da_${pick(services)} da_${pick(services)}`),
  },
  {
    name: 'the stack is gone',
    do: (lab) => lab.root(1, 'docker stack rm da; sleep 4'),
  },
  {
    name: 'a service is scaled',
    do: (lab, pick) => lab.root(1, `docker service scale -d da_${pick(services)}=${pick([0, 2])}`),
  },
  {
    name: 'a service has other settings',
    do: (lab, pick) =>
      lab.root(
        1,
        `docker service update -d ${pick(['--env-add X=y', '--label-add by=hand', '--limit-memory 500M'])} da_${pick(services)}`,
      ),
  },
  {
    name: 'a node is drained',
    do: (lab, pick) => lab.root(1, `docker node update --availability drain ${nodeId(pick(['ha2', 'ha3']))}`),
  },
  {
    name: 'a worker was made a manager',
    do: (lab, pick) => lab.root(1, `docker node promote ${nodeId(pick(['ha2', 'ha3']))}`),
  },
  {
    name: 'a key is readable by all',
    do: (lab, pick) => {
      const [host, folder] = pick(folders);
      return lab.root(host, `chmod ${pick(['644', '640', '000'])} ${config}/${folder}/keys/shared.key`);
    },
  },
  {
    name: 'a key belongs to another user',
    do: (lab, pick) => {
      const [host, folder] = pick(folders);
      return lab.root(host, `chown ${pick(['0:0', '12345:0'])} ${config}/${folder}/keys/shared.key`);
    },
  },
  {
    name: 'a key is missing',
    do: (lab, pick) => {
      const [host, folder] = pick(folders);
      return lab.root(host, `rm -f ${config}/${folder}/keys/shared.key`);
    },
  },
  {
    name: 'a key is another one',
    do: (lab, pick) => {
      const [host, folder] = pick(folders);
      return lab.root(host, `echo other >> ${config}/${folder}/keys/shared.key`);
    },
  },
  {
    name: 'the settings of a service are those of another',
    do: (lab, pick) => {
      const [host, folder] = pick(folders);
      return lab.root(host, `sed -i 's/mId="[0-9]*"/mId="99"/' ${config}/${folder}/LocalConfiguration.xml`);
    },
  },
  {
    name: 'the files of a service belong to another user',
    do: (lab, pick) => {
      const [host, folder] = pick(folders);
      return lab.root(host, `chown -R ${pick(['0:0', '12345:1003'])} ${config}/${folder}`);
    },
  },
  {
    name: 'the settings of a service are for its owner alone',
    do: (lab, pick) => {
      const [host, folder] = pick(folders);
      return lab.root(host, `chmod 600 ${config}/${folder}/LocalConfiguration.xml`);
    },
  },
  {
    name: 'a compose file says more of a service',
    do: (lab, pick) =>
      lab.root(1, `sed -i 's/^  ${pick(services)}:$/&\\n    init: true/' ${compose}/docker-compose.yml`),
  },
  {
    name: 'a compose file has a line more that says nothing',
    do: (lab, pick) =>
      lab.root(
        1,
        `echo '# by hand' >> ${compose}/${pick(['docker-compose.yml', 'network.yml', 'versiontag.yml'])}`,
      ),
  },
];

/** What is done between the making of a plan and its apply: it must make a difference to any plan. */
export const moves: readonly Disturbance[] = disturbances.filter(({ name }) =>
  ['a key is another one', 'a key is missing', 'a label has another value'].includes(name),
);
