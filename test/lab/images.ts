import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { commandPath } from './install-packages.ts';
import { folders } from './placement.ts';
import { sh } from './shell.ts';

/** The versions of the product that a lab can start with, and the tags of their images. */
export const RELEASES = { '6.0.5': '6.0.5.60259', '6.2': '6.2.0.60300' } as const;

export type Release = keyof typeof RELEASES;

/** What hosts have images of: the version that runs at the start, and those to upgrade to. */
const TAGS = ['6.0.5.60259', '6.0.5.60260', '6.2.0.60300'] as const;

const APPLETS = 'sh cat echo env hostname httpd id ls mkdir nc nslookup ps sleep test timeout wget'.split(
  ' ',
);

/** What lies in the images beside busybox, from this folder: file to where it lies there. */
const SCRIPTS = {
  'service.sh': 'bin/service',
  'access-point.cgi': 'srv/access-point/cgi-bin/index.cgi',
} as const;

/**
 * Makes one archive, as `docker save` would, with all images under all their tags, for `docker load`. Each image
 * has an id of its own, and all share the one layer: a static busybox and two scripts.
 * @param folder where to build; the archive is left there
 * @param uid uid and gid that the containers run as
 */
export async function buildImages(folder: string, uid: number): Promise<string> {
  const work = `${folder}/images`;
  await makeLayer(`${work}/layer`);
  await sh({ cwd: work })`tar --owner=0 --group=0 --mtime=@0 --sort=name -cf layer.tar -C layer .`;
  const digest = createHash('sha256')
    .update(await readFile(`${work}/layer.tar`))
    .digest('hex');
  const images = folders.flatMap((name) => TAGS.map((tag) => ({ name, tag, config: `${name}-${tag}.json` })));
  for (const { name, tag, config } of images) {
    await writeFile(`${work}/${config}`, JSON.stringify(imageConfig(name, tag, uid, digest)));
  }
  const manifest = images.map(({ name, tag, config }) => ({
    Config: config,
    RepoTags: [`dabook.test/da/${name}:${tag}`],
    Layers: ['layer.tar'],
  }));
  await writeFile(`${work}/manifest.json`, JSON.stringify(manifest));
  await sh({
    cwd: work,
  })`tar -cf ../images.tar manifest.json ${images.map(({ config }) => config)} layer.tar`;
  await rm(work, { recursive: true });
  return `${folder}/images.tar`;
}

async function makeLayer(layer: string): Promise<void> {
  const busybox = (await commandPath('busybox')) ?? 'busybox';
  await mkdir(`${layer}/bin`, { recursive: true });
  await mkdir(`${layer}/srv/access-point/cgi-bin`, { recursive: true });
  await mkdir(`${layer}/tmp`);
  await mkdir(`${layer}/etc`);
  await writeFile(`${layer}/etc/passwd`, 'root:x:0:0::/:/bin/sh\nda:x:1003:1003::/tmp:/bin/sh\n');
  for (const [source, target] of Object.entries(SCRIPTS)) {
    await writeFile(`${layer}/${target}`, await readFile(fileURLToPath(new URL(source, import.meta.url))));
  }
  const inLayer = sh({ cwd: `${layer}/bin` });
  await inLayer`cp ${busybox} busybox && for applet in ${APPLETS}; do ln -s busybox $applet; done`;
  // Whatever the caller's umask is: the product's user has to read all of it.
  await inLayer`chmod -R a+rX .. && chmod 755 busybox ${Object.values(SCRIPTS).map((target) => `../${target}`)} && chmod 1777 ../tmp`;
}

function imageConfig(name: string, tag: string, uid: number, digest: string) {
  return {
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    created: '2024-01-01T00:00:00Z',
    config: {
      User: `${uid}:${uid}`,
      Env: ['PATH=/bin'],
      Cmd: ['/bin/service', name],
      Labels: { 'org.opencontainers.image.version': tag },
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
    history: [{ created: '2024-01-01T00:00:00Z', created_by: 'dabook lab' }],
  };
}
