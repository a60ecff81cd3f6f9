// Every method, in the order of tables.
import type { Method } from '../method.ts';
import { haproxy } from './haproxy.ts';
import { native } from './native.ts';
import { plain } from './plain.ts';
import { redsocks } from './redsocks.ts';
import { ssRedir } from './ss-redir.ts';
import { v2ray } from './v2ray.ts';
import { wanbond } from './wanbond.ts';

export const METHODS: readonly Method[] = [plain, native, ...wanbond, haproxy, ...ssRedir, redsocks, v2ray];
