/** `http://`, as pages that turn names into links put it before an image. */
export const imageScheme = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * An image without the `http://` that no image has.
 * @example strippedImage('http://registry.test/da/policy-service:6.0.5') // 'registry.test/da/policy-service:6.0.5'
 */
export function strippedImage(image: string): string {
  return image.trim().replace(imageScheme, '');
}
