// Where the built programs lie. From `src/lab` (tests) and from `dist/lab` (the command) the way is the same.
import { fileURLToPath } from 'node:url';

const built = (path: string): string => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));

export const WANBOND_PROGRAM = built('main.js');
export const TRAFFIC_PROGRAM = built('lab/traffic/main.js');
export const EMULATOR_PROGRAM = built('lab/emulator/main.js');
