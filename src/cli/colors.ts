// Colours where a person reads: on a terminal, and not where NO_COLOR is set. What a CI says of itself is no terminal.
import { isatty } from 'node:tty';
import pc from 'picocolors';

const STDOUT = 1;
const STDERR = 2;
const isFor = (fd: number): boolean => isatty(fd) && !process.env['NO_COLOR'];

export const onStdout = pc.createColors(isFor(STDOUT));
export const onStderr = pc.createColors(isFor(STDERR));
