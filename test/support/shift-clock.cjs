// A preload (node --require) that makes the wall clock of the program wrong by SHIFT_CLOCK_MS, in every thread.
const shiftMs = Number(process.env.SHIFT_CLOCK_MS);
const realNow = Date.now;
Date.now = () => realNow() + shiftMs;
