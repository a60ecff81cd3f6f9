// libnftables in our own process. It has to be: an owner table belongs to the netlink socket that made it, and the
// kernel removes it when that socket closes, so the context lives as long as the table should.
import koffi from 'koffi';
import { WanbondError } from '../base/error.ts';

// include/nftables/libnftables.h
const NFT_CTX_DEFAULT = 0;
const NFT_CTX_OUTPUT_JSON = 1 << 4;
const LIBRARY = 'libnftables.so.1';

type Context = unknown;

interface Library {
  ctxNew(flags: number): Context;
  ctxFree(context: Context): void;
  setFlags(context: Context, flags: number): void;
  setDryRun(context: Context, isDry: boolean): void;
  bufferOutput(context: Context): number;
  bufferError(context: Context): number;
  output(context: Context): string;
  error(context: Context): string;
  run(context: Context, commands: string): number;
}

let loaded: Library | undefined;

function library(): Library {
  loaded ??= load();
  return loaded;
}

function load(): Library {
  let nft: ReturnType<typeof koffi.load>;
  try {
    nft = koffi.load(LIBRARY);
  } catch (cause) {
    throw new WanbondError({
      code: 'no-libnftables',
      message: `${LIBRARY} cannot be loaded`,
      hint: 'Install it: Debian package libnftables1, OpenWrt package nftables-json.',
      cause,
    });
  }
  return {
    ctxNew: nft.func('void *nft_ctx_new(uint)'),
    ctxFree: nft.func('void nft_ctx_free(void *)'),
    setFlags: nft.func('void nft_ctx_output_set_flags(void *, uint)'),
    setDryRun: nft.func('void nft_ctx_set_dry_run(void *, bool)'),
    bufferOutput: nft.func('int nft_ctx_buffer_output(void *)'),
    bufferError: nft.func('int nft_ctx_buffer_error(void *)'),
    output: nft.func('const char *nft_ctx_get_output_buffer(void *)'),
    error: nft.func('const char *nft_ctx_get_error_buffer(void *)'),
    run: nft.func('int nft_run_cmd_from_buffer(void *, const char *)'),
  };
}

/** A connection to the kernel's nftables. Tables with `flags owner` made through it live until `close` or our end. */
export class Nftables {
  private readonly library = library();
  private context: Context;

  constructor() {
    this.context = this.library.ctxNew(NFT_CTX_DEFAULT);
    this.library.bufferOutput(this.context);
    this.library.bufferError(this.context);
  }

  /** Runs commands as one transaction: all or nothing. @throws WanbondError `nft-failed` with nft's own words. */
  run(commands: string): void {
    const result = this.library.run(this.context, commands);
    this.library.output(this.context);
    const text = this.library.error(this.context).trim();
    if (result === 0) return;
    throw new WanbondError({
      code: 'nft-failed',
      message: `nftables refused: ${firstLine(text)}`,
      hint: 'Run `wanbond check`: the kernel may lack nft_tproxy or nft_socket, or another wanbond is running.',
      cause: new Error(text),
    });
  }

  /** Whether the kernel would accept `commands`; nothing is changed. */
  wouldAccept(commands: string): boolean {
    this.library.setDryRun(this.context, true);
    const result = this.library.run(this.context, commands);
    this.library.output(this.context);
    this.library.error(this.context);
    this.library.setDryRun(this.context, false);
    return result === 0;
  }

  /**
   * The JSON of a listing command, or undefined when it fails (for example: no such table). Not for tables with
   * flags: before 1.0.9 libnftables frees them while it prints them (tried on 1.0.6: cut output).
   */
  list(command: string): unknown {
    this.library.setFlags(this.context, NFT_CTX_OUTPUT_JSON);
    const result = this.library.run(this.context, command);
    const output = this.library.output(this.context);
    this.library.error(this.context);
    this.library.setFlags(this.context, 0);
    return result === 0 && output ? (JSON.parse(output) as unknown) : undefined;
  }

  /** All tables; undefined when this process may not ask. */
  tables(): { family: string; name: string }[] | undefined {
    const result = this.library.run(this.context, 'list tables');
    const output = this.library.output(this.context);
    this.library.error(this.context);
    if (result !== 0) return undefined;
    return [...output.matchAll(/^table (\S+) (\S+)/gm)].map(([, family = '', name = '']) => ({
      family,
      name,
    }));
  }

  /** A table as nft lists it; undefined when there is none. */
  listing(family: string, name: string): string | undefined {
    const result = this.library.run(this.context, `list table ${family} ${name}`);
    const output = this.library.output(this.context);
    this.library.error(this.context);
    return result === 0 ? output : undefined;
  }

  /** Owner tables vanish with this. Safe to call twice. */
  close(): void {
    if (this.context === undefined) return;
    this.library.ctxFree(this.context);
    this.context = undefined;
  }
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text;
}
