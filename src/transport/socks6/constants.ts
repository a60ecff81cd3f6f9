// SOCKS 6 on the wire: draft-olteanu-intarea-socks-6-11, expired and experimental; and RFC 1929 for user and password.

export const VERSION = 6;

/** Of request and operation reply, before the address: version, command or code, options length, port, padding, type. */
export const HEAD_BYTES = 8;
/** Of the authentication reply: version, type, options length. */
export const AUTH_HEAD_BYTES = 4;
export const MAX_OPTIONS_BYTES = 2 ** 14;
export const MAX_INITIAL_DATA_BYTES = 2 ** 14;
/** Options, and names with their length byte, fill whole words. */
export const WORD_BYTES = 4;

export const COMMAND_NOOP = 0;
export const COMMAND_CONNECT = 1;

export const TYPE_IPV4 = 1;
export const TYPE_NAME = 3;
export const TYPE_IPV6 = 4;

export const AUTH_SUCCEEDED = 0;
export const AUTH_FAILED = 1;

export const METHOD_PASSWORD = 2;
export const METHOD_NO_ACCEPTABLE = 0xff;

export const OPTION_STACK = 1;
export const OPTION_METHODS = 2;
export const OPTION_METHOD = 3;
export const OPTION_AUTH_DATA = 4;
export const OPTION_SESSION_REQUEST = 5;
export const OPTION_SESSION_ID = 6;
export const OPTION_SESSION_OK = 8;
export const OPTION_SESSION_INVALID = 9;
export const OPTION_SESSION_TEARDOWN = 10;
export const OPTION_TOKENS_REQUEST = 11;
export const OPTION_TOKEN_WINDOW = 12;
export const OPTION_TOKEN = 13;
export const OPTION_TOKEN_ACCEPTED = 14;
export const OPTION_TOKEN_REJECTED = 15;

/** Bits of the first byte of a stack option, above its level. */
export const LEG_REMOTE = 0x80;
export const LEVEL_MASK = 0x3f;
export const LEVEL_TCP = 4;
export const CODE_FAST_OPEN = 1;
export const CODE_MULTIPATH = 2;
export const MULTIPATH_NO = 1;
export const MULTIPATH_YES = 2;
