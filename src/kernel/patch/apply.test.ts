import { expect, test } from 'vitest';
import { pathsOf, readApplied } from './apply.ts';

test('what `patch` says is told with the file it is about', () => {
  const said = `patching file net/ipv4/tcp.c
Hunk #1 succeeded at 33 (offset 1 line).
patching file 'a file'
Hunk #2 succeeded at 5 with fuzz 2 (offset -3 lines).
`;
  expect(readApplied(said, true)).toEqual({
    fit: 'fuzz',
    remarks: [
      'net/ipv4/tcp.c: Hunk #1 succeeded at 33 (offset 1 line).',
      'a file: Hunk #2 succeeded at 5 with fuzz 2 (offset -3 lines).',
    ],
  });
  expect(readApplied('patching file x\n', true)).toEqual({ fit: 'clean', remarks: [] });
});

test('a failure tells what failed, and not what did not', () => {
  const said = `patching file x.c
Hunk #1 succeeded at 5 with fuzz 2.
Hunk #2 FAILED at 40.
1 out of 2 hunks FAILED
can't find file to patch at input line 21
`;
  expect(readApplied(said, false)).toEqual({
    fit: 'failed',
    remarks: ['x.c: Hunk #2 FAILED at 40.', "x.c: can't find file to patch at input line 21"],
  });
});

test('the files of a patch, in every form they are named in', () => {
  const patch = `Subject: --- a/not/this
diff --git a/old.c b/new.c
rename from old.c
rename to new.c
diff --git a/mode.sh b/mode.sh
old mode 100644
Index: linux/index.c
--- linux.orig/dated.c 2010-01-01 00:00:00
+++ linux/dated.c\t2010-01-01 00:00:00
--- /dev/null
+++ b/made.c
--- a/../../etc/passwd
`;
  expect(pathsOf(Buffer.from(patch)).toSorted()).toEqual(
    ['dated.c', 'index.c', 'made.c', 'mode.sh', 'new.c', 'old.c'].toSorted(),
  );
});
