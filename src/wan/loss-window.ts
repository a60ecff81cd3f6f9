// How many of a WAN's last probes were lost on the way.

// At one probe a second about four minutes, at five a second one: 1 % of loss shows, and is forgotten in time.
const MEMORY = 256;

export class LossWindow {
  private readonly outcomes: boolean[] = [];

  /** Probes that the ratio is made of. */
  get count(): number {
    return this.outcomes.length;
  }

  /** 0 to 1; undefined before any probe was decided. */
  get ratio(): number | undefined {
    if (this.outcomes.length === 0) return undefined;
    return this.outcomes.filter((isAnswered) => !isAnswered).length / this.outcomes.length;
  }

  add(isAnswered: boolean): void {
    this.outcomes.push(isAnswered);
    if (this.outcomes.length > MEMORY) this.outcomes.shift();
  }
}
