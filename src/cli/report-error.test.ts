// What is told of an error that no command waited for.
import { expect, test, vi } from 'vitest';
import { reportUncaught } from './report-error.ts';

test('its message and where it was thrown, and the process ends as failed', () => {
  const before = process.listeners('uncaughtException');
  const written: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  try {
    reportUncaught();
    const added = process.listeners('uncaughtException').filter((one) => !before.includes(one));
    expect(added).toHaveLength(1);
    added[0]?.(new Error('nobody waited'), 'uncaughtException');
    expect(written.join('')).toContain('nobody waited');
    expect(written.join('')).toContain('report-error.test.ts');
    expect(exit).toHaveBeenCalledWith(1);
    for (const one of added) process.off('uncaughtException', one);
  } finally {
    vi.restoreAllMocks();
  }
});
