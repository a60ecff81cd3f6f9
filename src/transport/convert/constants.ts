// Numbers of RFC 8803, then those of our private TLVs, then our own choices with their reasons.
//
// Our private TLVs (big endian; lengths in 32-bit words, counting the TLV's own header):
//   0xC0 Auth, client to server, 48 bytes:
//     C0 0C | alg u8 = 1 | flags u8 | key id u32 | time u64, ms since 1970 | nonce 16 | tag 16
//     tag = HMAC-SHA256(Kc, "wanbond v1 c2s\0" | server id | whole message with the tag zeroed)[0..16]
//     flags: bit 0, the paths lose packets; a server refuses (Error 2, signed) what it does not know.
//     With a Cookie TLV in the message, the time is not looked at: the cookie stands for it.
//   0xC1 Reply, server to client, 20 bytes, in success and error replies to a request whose tag was right:
//     C1 05 | alg u8 = 1 | families u8: bit 0 IPv4, bit 1 IPv6, 0 when the server does not know | tag 16
//     tag = HMAC-SHA256(Ks, "wanbond v1 s2c\0" | request tag | reply message with the tag zeroed)[0..16]
//   0xC2 Resume, client to server, 28 bytes, beside Connect and Auth; the hello has a nonce and a tag of its own:
//     C2 07 | attempt u8 | flags u8 | nonce 16 of the first hello of the flow | from u32 | received u32
//     Asks to go on with the flow of an earlier hello on this connection. attempt: from 1, grows with each of the flow.
//     flags: bit 0, the earlier hello was answered. from: place in the client's stream of the byte behind this hello.
//     received: bytes of the server's stream that the client has; after its reply the server goes on behind them.
//     A hello that never came is taken as if this were it, unless it was answered; nobody takes it any more then.
//   0xC3 Warm, client to server, 4 bytes, beside Auth and without Connect:
//     C3 01 | flags u16 = 0
//     Asks to keep this connection for a hello that comes later. Answered by a signed reply, or by a signed Error 64 when the
//     key has as many of them as the server keeps.
//   The cookie (value of Error 3 behind its zero byte, and of the Cookie TLV behind its two), 32 bytes:
//     issued u64 ms | expires u64 ms | tag 16
//     tag = HMAC-SHA256(Ks, "wanbond v1 cookie\0" | server id | nonce of the Auth TLV | issued | expires)[0..16]
//     The retry keeps its nonce; the cookie is good with that nonce only, and the nonce set takes that one once.

// RFC 8803
export const VERSION = 1;
export const MAGIC = 0x2263;
export const HEADER_BYTES = 4;
export const WORD_BYTES = 4;
const MAX_WORDS = 255;
/** A whole message, so also the most a relay has to gather. */
export const MAX_MESSAGE_BYTES = MAX_WORDS * WORD_BYTES;

/** Never to be sent; a client resets when it gets one. */
export const TLV_RESERVED = 0x00;
export const TLV_INFO = 0x01;
export const TLV_CONNECT = 0x0a;
export const TLV_EXTENDED_TCP_HEADER = 0x14;
export const TLV_SUPPORTED_TCP_EXTENSIONS = 0x15;
export const TLV_COOKIE = 0x16;
export const TLV_ERROR = 0x1e;

export const INFO_BYTES = 4;
/** A Connect TLV without TCP options. */
export const CONNECT_BYTES = 20;
/** In a Cookie TLV and in Error 3. */
export const COOKIE_VALUE_AT = 4;
/** What leaves room for a Connect TLV beside it. */
export const MAX_COOKIE_BYTES = MAX_MESSAGE_BYTES - HEADER_BYTES - CONNECT_BYTES - COOKIE_VALUE_AT;

export const ERROR_UNSUPPORTED_VERSION = 0;
export const ERROR_MALFORMED = 1;
export const ERROR_UNSUPPORTED_MESSAGE = 2;
export const ERROR_MISSING_COOKIE = 3;
export const ERROR_NOT_AUTHORIZED = 32;
export const ERROR_UNSUPPORTED_TCP_OPTION = 33;
export const ERROR_RESOURCE_EXCEEDED = 64;
export const ERROR_NETWORK_FAILURE = 65;
export const ERROR_CONNECTION_RESET = 96;
export const ERROR_DESTINATION_UNREACHABLE = 97;

/** IANA TCP option kind of Multipath TCP. */
export const TCP_OPTION_MPTCP = 30;

// Our private TLVs
export const TLV_AUTH = 0xc0;
export const TLV_REPLY = 0xc1;
export const TLV_RESUME = 0xc2;
export const TLV_WARM = 0xc3;
export const RESUME_BYTES = 28;
/** What fits into the byte. */
export const MAX_RESUME_ATTEMPTS = 255;
export const RESUME_ATTEMPT_AT = 2;
export const RESUME_FLAGS_AT = 3;
/** Of the flags of Resume: the earlier hello was answered. */
export const FLAG_ANSWERED = 1;
export const RESUME_NONCE_AT = 4;
export const RESUME_FROM_AT = 20;
export const RESUME_RECEIVED_AT = 24;
export const ALG_HMAC_SHA256_128 = 1;
export const AUTH_BYTES = 48;
export const AUTH_FLAGS_AT = 3;
/** Of the flags: the paths lose packets. */
export const FLAG_LOSSY = 1;
export const KNOWN_FLAGS = FLAG_LOSSY;
export const AUTH_KEY_ID_AT = 4;
export const AUTH_TIME_AT = 8;
export const AUTH_NONCE_AT = 16;
export const AUTH_TAG_AT = 32;
export const REPLY_BYTES = 20;
export const REPLY_TAG_AT = 4;
export const FAMILY_V4 = 1;
export const FAMILY_V6 = 2;
export const NONCE_BYTES = 16;
export const TAG_BYTES = 16;
export const PSK_BYTES = 32;
export const COOKIE_BYTES = 32;
export const COOKIE_EXPIRES_AT = 8;
export const COOKIE_TAG_AT = 16;

// Our choices
/** How old a hello may be: covers a slow hand-over of a WAN and a clock set by hand. */
export const PAST_WINDOW_MS = 30_000;
/**
 * How far ahead of the server a hello may be. Far less than the past, because a hello dated ahead outlives the
 * nonce set at a restart: for this long after its start a server asks everyone for a cookie.
 */
export const AHEAD_WINDOW_MS = 1000;
/** Twice the window: longer than any accepted hello or cookie stays good. */
export const NONCE_KEPT_MS = 2 * PAST_WINDOW_MS;
/** Ample for a new connection over the slowest WAN, and under NONCE_KEPT_MS. */
export const COOKIE_GOOD_MS = 30_000;
/** A full nonce set drains within NONCE_KEPT_MS; sooner is worth a try. */
export const FULL_RETRY_AFTER_S = 10;
