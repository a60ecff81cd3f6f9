// A chart as SVG text, without a browser: the same text for the same data, readable on any background.
import { BarChart, CustomChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([BarChart, CustomChart, GridComponent, LegendComponent, LineChart, SVGRenderer, TitleComponent]);

export const INK = '#222222';
export const FAINT = '#dddddd';
export const FONT = 'sans-serif';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Of the whole plot, at its top. */
export const heading = (text: string, subtext: string): object => ({
  text,
  subtext,
  left: 10,
  top: 8,
  textStyle: { fontSize: 15, fontFamily: FONT, color: INK },
  subtextStyle: { fontSize: 12, fontFamily: FONT, color: INK },
});

/** Two small lines above a panel whose top is `bottom`. */
export const panelHeading = (
  text: string,
  subtext: string,
  at: { left: number; bottom: number },
): object => ({
  text,
  subtext,
  left: at.left,
  top: at.bottom - 36,
  padding: 0,
  itemGap: 3,
  textStyle: { fontSize: 12, fontWeight: 'normal', fontFamily: FONT, color: INK },
  subtextStyle: { fontSize: 12, fontFamily: FONT, color: INK },
});

export function renderSvg(option: EChartsCoreOption, size: Size): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    // Opaque: what has dark letters must not stand on a dark page.
    chart.setOption({
      animation: false,
      backgroundColor: '#ffffff',
      textStyle: { fontFamily: FONT, color: INK },
      ...option,
    });
    return withoutScreenParts(chart.renderToSVGString());
  } finally {
    chart.dispose();
  }
}

/** Without what serves pointers on a page, and without the chart's number in names: it counts on from chart to chart. */
function withoutScreenParts(svg: string): string {
  return `${svg
    .replaceAll(/<style *>.*?<\/style>\s*/gs, '')
    .replaceAll(/ (?:class|pointer-events|ecmeta_[a-z_]+)="[^"]*"/g, '')
    .replaceAll(/\bzr\d+-/g, '')
    .trim()}\n`;
}
