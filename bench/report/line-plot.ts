// Lines over a count that grows by powers of ten, in panels beside each other that share the lines.
import { counted } from './numbers.ts';
import { FAINT, heading, INK, panelHeading, renderSvg } from './svg.ts';

export interface Line {
  readonly label: string;
  readonly isHighlighted: boolean;
  /** `[x, y]`, x above 0. */
  readonly points: readonly (readonly [number, number])[];
}

export interface LinePanel {
  readonly title: string;
  readonly lines: readonly Line[];
}

export interface LinePlot {
  readonly title: string;
  readonly subtitle: string;
  readonly xTitle: string;
  readonly panels: readonly LinePanel[];
}

// Blues for what is highlighted, after Okabe and Ito for the others: told apart by all kinds of colour vision, and
// by marks and dashes without any.
const HIGHLIGHTED = ['#005a9c', '#56b4e9', '#0072b2', '#3b8fc4', '#003f6e'];
const OTHERS = ['#d55e00', '#009e73', '#cc79a7', '#e69f00', '#6e6e6e', '#8c510a', '#000000'];
const MARKS = ['circle', 'rect', 'triangle', 'diamond', 'emptyCircle', 'emptyRect', 'emptyTriangle'];
const DASHES = ['dashed', 'dotted'];

const WIDTH = 870;
const MARGIN = 60;
const TOP = 100;
const HEIGHT = 260;
const LEGEND_ROW_HEIGHT = 24;
/** Of the longest labels. */
const LEGEND_COLUMNS = 3;

export function renderLines({ title, subtitle, xTitle, panels }: LinePlot): string {
  const width = (WIDTH - MARGIN) / panels.length;
  const labels = [...new Set(panels.flatMap(({ lines }) => lines.map(({ label }) => label)))];
  const styles = stylesOf(panels);
  // One legend a row: the gap between those that break by themselves is the one between labels too.
  const rows = Array.from({ length: Math.ceil(labels.length / LEGEND_COLUMNS) }, (_, row) =>
    labels.slice(row * LEGEND_COLUMNS, (row + 1) * LEGEND_COLUMNS),
  );
  return renderSvg(
    {
      title: [
        heading(title, subtitle),
        ...panels.map(({ title: text }, index) =>
          panelHeading(text, '', { left: MARGIN + index * width, bottom: TOP }),
        ),
      ],
      legend: rows.map((data, row) => ({
        data,
        left: MARGIN,
        top: TOP + HEIGHT + 54 + row * LEGEND_ROW_HEIGHT,
        itemWidth: 40,
        // Wide, as the width of letters is guessed and fonts differ.
        itemGap: 34,
        textStyle: { color: INK, fontSize: 12 },
      })),
      grid: panels.map((_, index) => ({
        left: MARGIN + index * width,
        top: TOP,
        width: width - 70,
        height: HEIGHT,
      })),
      xAxis: panels.map((_, gridIndex) => ({
        gridIndex,
        type: 'log',
        name: xTitle,
        nameLocation: 'middle',
        nameGap: 28,
        nameTextStyle: { color: INK },
        axisLabel: { color: INK, formatter: counted },
        splitLine: { lineStyle: { color: FAINT } },
      })),
      yAxis: panels.map((_, gridIndex) => ({
        gridIndex,
        type: 'value',
        min: 0,
        axisLabel: { color: INK },
        splitLine: { lineStyle: { color: FAINT } },
      })),
      series: panels.flatMap(({ lines }, index) =>
        lines.map(({ label, points, isHighlighted }) => ({
          ...styles.get(label),
          type: 'line',
          name: label,
          xAxisIndex: index,
          yAxisIndex: index,
          symbolSize: isHighlighted ? 8 : 6,
          silent: true,
          z: isHighlighted ? 4 : 2,
          data: points,
        })),
      ),
    },
    { width: WIDTH, height: TOP + HEIGHT + 64 + rows.length * LEGEND_ROW_HEIGHT },
  );
}

/** By label, so that a line looks the same in every panel. */
function stylesOf(panels: readonly LinePanel[]): Map<string, object> {
  const byLabel = new Map(
    panels.flatMap(({ lines }) => lines.map((line) => [line.label, line.isHighlighted])),
  );
  const styles = new Map<string, object>();
  const counts = { highlighted: 0, others: 0 };
  for (const [label, isHighlighted] of byLabel) {
    const index = isHighlighted ? counts.highlighted++ : counts.others++;
    const colors = isHighlighted ? HIGHLIGHTED : OTHERS;
    const color = colors[index % colors.length];
    styles.set(label, {
      symbol: MARKS[index % MARKS.length],
      itemStyle: { color },
      lineStyle: {
        color,
        width: isHighlighted ? 3.5 : 1.5,
        type: isHighlighted ? 'solid' : DASHES[index % DASHES.length],
      },
    });
  }
  return styles;
}
