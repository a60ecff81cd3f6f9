// The plots: what was measured is in them, nothing else is, and the same runs give the same text.
import { expect, test } from 'vitest';
import { plotsOf } from './plots.ts';
import { caseRun, relay, resultsOf, RUNS } from './runs.fixture.ts';

const HIGHLIGHT = '#005a9c';
const svgOf = (file: string, runs = RUNS): string =>
  plotsOf(runs).find((plot) => plot.file === file)?.svg ?? '';
const texts = (svg: string): string[] =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => text);

test('one for each figure that was measured', () => {
  expect(plotsOf(RUNS).map(({ file }) => file)).toEqual([
    'relay-throughput.svg',
    'relay-cpu.svg',
    'setup.svg',
    'failover.svg',
    'growth.svg',
  ]);
  expect(plotsOf({ many: RUNS['many'] as NonNullable<(typeof RUNS)['many']> })).toEqual([]);
  expect(plotsOf({ relay: caseRun(relay('throughputMbps', { haproxy: [undefined] })) })).toEqual([]);
});

test('the same text every time, with nothing for a page around it, on an opaque background', () => {
  expect(plotsOf(RUNS)).toEqual(plotsOf(RUNS));
  for (const { svg } of plotsOf(RUNS)) {
    expect(svg).not.toMatch(/class=|<style|<script|NaN|undefined|zr\d/);
    expect(svg).toContain('fill="#ffffff"');
  }
});

test('bars have the methods in words and their medians', () => {
  const throughput = texts(svgOf('relay-throughput.svg'));
  expect(throughput).toEqual(
    expect.arrayContaining(['throughput, Gbit/s', 'wanbond, convert', '4.6', '0.86']),
  );
  expect(throughput).not.toContain('redsocks + microsocks');
  expect(svgOf('relay-throughput.svg')).toContain(HIGHLIGHT);
  // The sum of user and system time; the methods without a figure of CPU have no row.
  expect(texts(svgOf('relay-cpu.svg'))).toEqual(expect.arrayContaining(['0.5', '1', '5']));
  expect(texts(svgOf('relay-cpu.svg'))).not.toContain('plain routing');
});

test('a longer bar for more', () => {
  const lengths = [
    ...svgOf('relay-throughput.svg').matchAll(
      /<path d="M\S+ \S+l(\S+) 0\S*l[^"]*" fill="#(?:6e6e6e|005a9c)"/g,
    ),
  ].map(([, length]) => Number(length));
  // In the order of the rows: plain, native, wanbond, HAProxy, ss-redir.
  expect(lengths).toHaveLength(5);
  expect(lengths).toEqual(lengths.toSorted((a, b) => b - a));
  expect((lengths[0] as number) / (lengths[3] as number)).toBeCloseTo(3, 1);
});

test('a method that has no figure in one of the panels is told there', () => {
  const setup = svgOf('setup.svg');
  expect(texts(setup)).toEqual(expect.arrayContaining(['plain routing', 'no figure', '1 at a time, 20 ms']));
});

test('growth has a line for each method in each panel, over the count of flows', () => {
  const growth = texts(svgOf('growth.svg'));
  for (const text of ['router CPU, s/GB', 'router memory, MB', '10,000']) expect(growth).toContain(text);
  expect(growth.filter((text) => text === 'HAProxy, spliced, MPTCP')).toHaveLength(1);
  expect(svgOf('growth.svg').match(/stroke="#005a9c"/g)?.length).toBeGreaterThanOrEqual(2);
});

test('a variant that is no count of flows is no point', () => {
  const odd = resultsOf('growth', 'some flows', 'routerRssMb', { haproxy: [1] });
  expect(plotsOf({ growth: caseRun(odd) })).toEqual([]);
});
