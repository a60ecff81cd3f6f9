// Markdown from data: tables, and text that means nothing but itself.

/** One line, with nothing in it that Markdown or a table takes for its own. */
export const plainText = (text: string): string =>
  text
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll(/[\\`*_[\]<>|]/g, '\\$&');

/** One line of code, not for tables: `|` would end the cell. */
export const code = (text: string): string =>
  `\`${text.replaceAll(/\s+/g, ' ').trim().replaceAll('`', "'")}\``;

/** The first column is aligned to the left, the others as told. Cells are Markdown. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  align: 'left' | 'right' = 'right',
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 || align === 'left' ? '---' : '---:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
