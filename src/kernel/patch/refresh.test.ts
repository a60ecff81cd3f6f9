import { afterEach, beforeEach, expect, test } from 'vitest';
import { source, Workplace } from './histories.fixture.ts';
import { refreshPatch } from './refresh.ts';

let place: Workplace;
beforeEach(() => void (place = new Workplace()));
afterEach(() => place.remove());

const state = (
  text: string,
  isExecutable = false,
): { content: Buffer; isExecutable: boolean; isLink: boolean } => ({
  content: Buffer.from(text, 'latin1'),
  isExecutable,
  isLink: false,
});

test('made, changed and removed files, in the form of quilt, and words that stay', async () => {
  const patch = Buffer.from(
    'Subject: caf\xe9\n\n---\n x.c | 2 +-\n\ndiff --git a/x.c b/x.c\nanything\n-- \n2.39\n',
    'latin1',
  );
  const refreshed = await refreshPatch(
    patch,
    [
      { path: 'x.c', before: state(source('x', {}, 9)), after: state(source('x', { 5: 'caf\xe9' }, 9)) },
      { path: 'same.c', before: state('same\n'), after: state('same\n') },
      { path: 'made.c', before: undefined, after: state('made\n') },
      { path: 'made.sh', before: undefined, after: state('made\n', true) },
      { path: 'gone.c', before: state('gone\n'), after: undefined },
    ],
    place.folder,
  );
  const text = refreshed.toString('latin1');
  expect(text.replace(/^index .*\n/gm, '')).toBe(`Subject: caf\xe9

---
 x.c | 2 +-

--- a/x.c
+++ b/x.c
@@ -2,7 +2,7 @@ x line 1;
 x line 2;
 x line 3;
 x line 4;
-x line 5;
+caf\xe9
 x line 6;
 x line 7;
 x line 8;
--- /dev/null
+++ b/made.c
@@ -0,0 +1 @@
+made
diff --git b/made.sh b/made.sh
new file mode 100755
--- /dev/null
+++ b/made.sh
@@ -0,0 +1 @@
+made
--- a/gone.c
+++ /dev/null
@@ -1 +0,0 @@
-gone
`);
});
