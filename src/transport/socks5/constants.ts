// SOCKS 5 on the wire: RFC 1928.

export const VERSION = 5;
export const METHOD_NONE = 0x00;
export const METHOD_PASSWORD = 0x02;
export const METHOD_NO_ACCEPTABLE = 0xff;
export const COMMAND_CONNECT = 1;

export const REPLY_SUCCEEDED = 0;
export const REPLY_GENERAL_FAILURE = 1;
export const REPLY_NOT_ALLOWED = 2;
export const REPLY_NETWORK_UNREACHABLE = 3;
export const REPLY_HOST_UNREACHABLE = 4;
export const REPLY_REFUSED = 5;
export const REPLY_TTL_EXPIRED = 6;
export const REPLY_COMMAND_NOT_SUPPORTED = 7;
export const REPLY_ADDRESS_NOT_SUPPORTED = 8;
