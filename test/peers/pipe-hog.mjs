// Takes all the pipe memory that the kernel grants to its user (fs.pipe-user-pages-soft), gives back as many pipes as
// its argument says, and keeps the rest until it is ended.
import { closePipe, openPipe } from '../../src/linux/pipe.ts';

const PIPE_BYTES = 1 << 20;
const held = [];
for (let pipe = openPipe(PIPE_BYTES, PIPE_BYTES); pipe; pipe = openPipe(PIPE_BYTES, PIPE_BYTES))
  held.push(pipe);
for (const pipe of held.splice(0, Number(process.argv[2]))) closePipe(pipe);
process.stdout.write(`holding ${held.length} pipes\n`);
setInterval(() => undefined, 1000);
