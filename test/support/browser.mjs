// Debian's Chromium, told what to do by its arguments: the folder of the profile, a JSON list of pages to load, each in
// a new tab (again until it comes by the protocol named, at most so many times), and further flags of the browser.
// Prints a JSON list of what was loaded.
import { chromium } from 'playwright-core';

const [profile, steps, ...flags] = process.argv.slice(2);
const QUIET = [
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
const TIMEOUT_MS = 60_000;

const context = await chromium.launchPersistentContext(profile, {
  executablePath: '/usr/bin/chromium',
  headless: true,
  chromiumSandbox: false,
  args: [...QUIET, ...flags],
});

/** As the browser itself tells it: by which protocol each part of the page came, and how long it took. */
async function load(url) {
  const page = await context.newPage();
  try {
    await page.goto(url, { waitUntil: 'load', timeout: TIMEOUT_MS });
    return await page.evaluate(() => {
      const entries = ['navigation', 'resource'].flatMap((type) => performance.getEntriesByType(type));
      return {
        text: document.body.innerText,
        protocols: entries.map((entry) => entry.nextHopProtocol),
        responseMs: entries[0].responseEnd,
        loadMs: entries[0].loadEventStart,
      };
    });
  } catch (error) {
    return { error: String(error.message).split('\n')[0] };
  } finally {
    await page.close();
  }
}

const loads = [];
for (const { url, until, times = 1 } of JSON.parse(steps)) {
  for (let i = 0; i < times; i++) {
    loads.push({ url, ...(await load(url)) });
    if (loads.at(-1).protocols?.every((one) => one === until)) break;
  }
}
await context.close();
console.log(JSON.stringify(loads));
