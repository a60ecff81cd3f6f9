// What /etc/openwrt_release says: lines of a shell that set variables.

export const RELEASE_FILE = '/etc/openwrt_release';

export interface Release {
  /** Like "OpenWrt 24.10.4 r28959-29397011cc". */
  readonly description: string;
  /** Like `x86_64`; undefined where the file does not say. */
  readonly arch: string | undefined;
}

export function parseRelease(text: string): Release {
  const values = new Map(
    [...text.matchAll(/^DISTRIB_(\w+)=(["']?)(.*)\2[ \t]*$/gm)].map(([, name = '', , value = '']) => [
      name,
      value.trim(),
    ]),
  );
  const named = [values.get('ID'), values.get('RELEASE')].filter((word) => word !== undefined);
  return {
    description: values.get('DESCRIPTION') || named.join(' ') || 'an unnamed release',
    arch: values.get('ARCH'),
  };
}
