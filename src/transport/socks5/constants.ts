// SOCKS 5 on the wire: RFC 1928.

export const VERSION = 5;
export const METHOD_NONE = 0x00;
export const METHOD_PASSWORD = 0x02;
export const METHOD_NO_ACCEPTABLE = 0xff;
export const COMMAND_CONNECT = 1;
