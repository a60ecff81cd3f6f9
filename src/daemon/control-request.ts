// What a daemon can be asked to do while it runs: the form of the request, checked, and who answers it.
import * as z from 'zod';
import { WanbondError } from '../base/error.ts';

export interface ControlRequest {
  /** The answer, as JSON. @throws WanbondError when the body is no such request, or it cannot be done. */
  readonly answer: (body: unknown) => unknown;
}

export function controlRequest<T>(schema: z.ZodType<T>, answer: (request: T) => unknown): ControlRequest {
  return {
    answer: (body) => {
      const parsed = schema.safeParse(body);
      if (parsed.success) return answer(parsed.data);
      throw new WanbondError({
        code: 'bad-request',
        message: z.prettifyError(parsed.error).split('\n').join(' '),
        hint: 'Use the `wanbond` of the version that the daemon runs with.',
        cause: parsed.error,
      });
    },
  };
}
