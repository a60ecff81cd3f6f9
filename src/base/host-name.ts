// What counts as the name of a host.

// RFC 1123 section 2.1, and the underscore that people use all the same; a dot at the end says that it is whole.
const LABEL = '[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?';
const HOST_NAME = new RegExp(`^(?=.{1,253}$)${LABEL}(\\.${LABEL})*\\.?$`, 'i');

export function isHostName(text: string): boolean {
  return HOST_NAME.test(text);
}
