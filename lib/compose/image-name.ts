/**
 * An image in the spelling in which the same image is always the same text: without the digest that a
 * deploy pinned behind the tag, without what is implied, with a tag.
 * @example imageName('busybox:1.36@sha256:…') // 'busybox:1.36'
 * @example imageName('docker.io/library/busybox') // 'busybox:latest'
 */
export function imageName(image: string): string {
  const [named = '', digest] = image.split('@');
  const short = named.replace(/^(index\.)?docker\.io\//, '').replace(/^library\//, '');
  const hasTag = short.lastIndexOf(':') > short.lastIndexOf('/');
  if (hasTag) return short;
  return digest === undefined ? `${short}:latest` : `${short}@${digest}`;
}

/** Why docker would not take a text as an image; none for one that it takes. */
export function imageFault(image: string): string | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(image)?.[0];
  if (scheme !== undefined) return `an image has no ${scheme} before its name`;
  const [name = ''] = image.split('@');
  const path = name.slice(
    name.includes('/') && /[.:]|^localhost/.test(name.split('/')[0] ?? '') ? name.indexOf('/') + 1 : 0,
  );
  const [repository = '', tag, ...more] = path.split(':');
  if (repository === '') return 'it has no name';
  if (repository !== repository.toLowerCase()) return 'its name must be in lower case';
  if (more.length > 0 || tag === '') return 'its tag is malformed';
  if (!/^[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/.test(repository))
    return 'its name is malformed';
  if (tag !== undefined && !/^\w[\w.-]{0,127}$/.test(tag)) return 'its tag is malformed';
  return undefined;
}
