// Horizontal bars, one a method, in panels beside each other that share the methods: medians, with the range as a line.
import type {
  CustomSeriesRenderItem,
  CustomSeriesRenderItemAPI,
  CustomSeriesRenderItemReturn,
} from 'echarts/types/dist/echarts';
import { significant } from './numbers.ts';
import { FAINT, FONT, heading, INK, panelHeading, renderSvg } from './svg.ts';

export interface Bar {
  /** From the axis outwards. */
  readonly parts: readonly number[];
  readonly least: number;
  readonly most: number;
  /** Their sum, or what is told of it. */
  readonly median: number;
}

export interface Panel {
  readonly title: string;
  readonly subtitle: string;
  /** In the order of the rows; undefined where a method has no figure. */
  readonly bars: readonly (Bar | undefined)[];
}

export interface Row {
  readonly label: string;
  readonly isHighlighted: boolean;
}

export interface BarPlot {
  readonly title: string;
  readonly subtitle: string;
  readonly rows: readonly Row[];
  readonly panels: readonly Panel[];
}

// Blue and grey differ in lightness too, for eyes and printers that see no colours; parts go from dark to light.
const HIGHLIGHTED = ['#005a9c', '#6bb3e8'] as const;
const OTHERS = ['#6e6e6e', '#bdbdbd'] as const;

const LABELS_WIDTH = 250;
const PANELS_WIDTH = 620;
const GAP = 30;
/** Right of the longest bar there is a number. */
const NUMBER_WIDTH = 50;
const TOP = 98;
const ROW_HEIGHT = 26;

export function renderBars({ title, subtitle, rows, panels }: BarPlot): string {
  const width = PANELS_WIDTH / panels.length;
  const height = rows.length * ROW_HEIGHT;
  return renderSvg(
    {
      title: [
        heading(title, subtitle),
        ...panels.map((panel, index) =>
          panelHeading(panel.title, panel.subtitle, { left: LABELS_WIDTH + index * width, bottom: TOP }),
        ),
      ],
      grid: panels.map((_, index) => ({
        left: LABELS_WIDTH + index * width,
        top: TOP,
        width: width - GAP - NUMBER_WIDTH,
        height,
      })),
      xAxis: panels.map((_, gridIndex) => ({
        gridIndex,
        type: 'value',
        min: 0,
        splitNumber: panels.length > 1 ? 2 : 5,
        axisLabel: { color: INK },
        splitLine: { lineStyle: { color: FAINT } },
      })),
      yAxis: panels.map((_, gridIndex) => ({
        gridIndex,
        type: 'category',
        inverse: true,
        data: rows.map(({ label }) => label),
        axisTick: { show: false },
        axisLine: { lineStyle: { color: INK } },
        axisLabel: {
          show: gridIndex === 0,
          interval: 0,
          fontSize: 12,
          color: (_label: unknown, index: number) => (rows[index]?.isHighlighted ? HIGHLIGHTED[0] : INK),
        },
      })),
      series: panels.flatMap((panel, index) => [...barSeries(panel, index, rows), rangeSeries(panel, index)]),
    },
    { width: LABELS_WIDTH + PANELS_WIDTH, height: TOP + height + 40 },
  );
}

function barSeries({ bars }: Panel, index: number, rows: readonly Row[]): object[] {
  const parts = Math.max(0, ...bars.map((bar) => bar?.parts.length ?? 0));
  return Array.from({ length: parts }, (_, part) => ({
    type: 'bar',
    stack: `panel ${index}`,
    xAxisIndex: index,
    yAxisIndex: index,
    barWidth: '64%',
    silent: true,
    data: bars.map((bar, row) => ({
      value: bar?.parts[part] ?? null,
      itemStyle: { color: (rows[row]?.isHighlighted ? HIGHLIGHTED : OTHERS)[part] ?? FAINT },
    })),
  }));
}

/** From the least to the most of the rounds, and the median as a number behind it; or that there is none. */
function rangeSeries({ bars }: Panel, index: number): object {
  const renderItem: CustomSeriesRenderItem = ({ dataIndex }, api) => rangeOf(bars[dataIndex], dataIndex, api);
  return {
    type: 'custom',
    xAxisIndex: index,
    yAxisIndex: index,
    silent: true,
    z: 5,
    // The axis must reach as far as the ranges do.
    encode: { x: 0, y: 1 },
    data: bars.map((bar, row) => [bar?.most ?? 0, row]),
    renderItem,
  };
}

function rangeOf(
  bar: Bar | undefined,
  row: number,
  api: CustomSeriesRenderItemAPI,
): CustomSeriesRenderItemReturn {
  const [from = 0, y = 0] = api.coord([bar?.least ?? 0, row]);
  const [to = 0] = api.coord([bar?.most ?? 0, row]);
  const text = bar ? significant(bar.median) : 'no figure';
  return {
    type: 'group',
    children: [
      ...(bar && to - from >= 1
        ? [
            {
              type: 'line' as const,
              shape: { x1: from, y1: y, x2: to, y2: y },
              // Light around it, as dark bars lie below.
              style: { stroke: '#ffffff', lineWidth: 4 },
            },
            {
              type: 'line' as const,
              shape: { x1: from, y1: y, x2: to, y2: y },
              style: { stroke: '#000000', lineWidth: 1.5 },
            },
          ]
        : []),
      {
        type: 'text',
        style: { text, x: to + 6, y, fill: INK, fontSize: 11, fontFamily: FONT, verticalAlign: 'middle' },
      },
    ],
  };
}
