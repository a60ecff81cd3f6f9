// "Did you mean": the known word that a mistyped one is closest to.

/** The number of letters added, removed, changed, or swapped with their neighbour, between `a` and `b`. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((row[j - 1] ?? 0) + 1, (last[j] ?? 0) + 1, (last[j - 1] ?? 0) + changed);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** The closest of `known`, or undefined when none is close. Case, `_` and spaces for `-` cost nothing. */
export function suggest(word: string, known: readonly string[]): string | undefined {
  const normal = (text: string): string => text.toLowerCase().replace(/[_ ]/g, '-');
  let best: { readonly word: string; readonly distance: number } | undefined;
  for (const candidate of known) {
    const distance = editDistance(normal(word), normal(candidate));
    // Ours: one mistake in three letters still reads as the same word, more is a guess.
    if (distance > Math.max(word.length, candidate.length) / 3) continue;
    if (!best || distance < best.distance) best = { word: candidate, distance };
  }
  return best?.word;
}
