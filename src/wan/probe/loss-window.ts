// How often a WAN loses a packet by chance: what its last probes say, without outages and without full queues.
//
// What counts is how often a probe is lost while the one before it was answered. Where each is lost by itself this is
// the loss; where they are lost together (a cut, a hand-over of the radio) it is one loss, however many probes were sent
// into it: those that follow a lost one are sent faster.

// Answers looked back on: at one probe a second about four minutes, at five a second one. 1 % of loss shows, and is
// forgotten in time.
const MEMORY = 256;
// So many in a row are an outage. Of a path that loses 5 % each way one in 100,000; of one that loses half of its
// probes one in 16 losses is not counted.
const OUTAGE = 5;

export class LossWindow {
  /** One for each answer: whether probes were lost between it and the answer before. */
  private readonly outcomes: boolean[] = [];

  /** Answers that the ratio is made of. */
  get count(): number {
    return this.outcomes.length;
  }

  /** 0 to 1; undefined before any answer. */
  get ratio(): number | undefined {
    if (this.outcomes.length === 0) return undefined;
    return this.outcomes.filter((hasLost) => hasLost).length / this.outcomes.length;
  }

  /** An answer. @param lostInARow probes lost right before it */
  add(lostInARow: number): void {
    if (lostInARow >= OUTAGE) return;
    this.outcomes.push(lostInARow > 0);
    if (this.outcomes.length > MEMORY) this.outcomes.shift();
  }
}
