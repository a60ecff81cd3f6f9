// Shows the steps of `wanbond lab` on standard error: moving lines at a terminal, plain ones elsewhere.
import { Listr, ListrLogger, ListrLogLevels, ProcessOutput } from 'listr2';
import type { Progress } from '../../lab/measure/measure.ts';

export function terminalProgress(stream: NodeJS.WriteStream): Progress {
  const isTerminal = stream.isTTY;
  // Standard output is for the result alone.
  const logger = new ListrLogger<ListrLogLevels>({
    useIcons: isTerminal,
    processOutput: new ProcessOutput(stream, stream),
  });
  return {
    async step<T>(title: string, work: (note: (text: string) => void) => Promise<T>): Promise<T> {
      let result: { value: T } | undefined;
      const list = new Listr(
        [
          {
            title,
            task: async (_, task) => {
              let last = '';
              const note = (text: string): void => {
                last = text;
                // Ten lines a second help at a terminal only.
                if (isTerminal) task.output = text;
              };
              result = { value: await work(note) };
              if (last !== '') task.title = `${title}: ${last}`;
            },
          },
        ],
        {
          // Ctrl-C is handled by the command, which has a network to remove.
          registerSignalListeners: false,
          renderer: isTerminal ? 'default' : 'simple',
          rendererOptions: { logger },
        },
      );
      await list.run();
      // run() throws when the work did.
      return (result as { value: T }).value;
    },
  };
}
