/** Something that happens again and again, for whoever waits for its next time. */
export class NextTime {
  #waiting: (() => void)[] = [];

  happens(): void {
    for (const go of this.#waiting.splice(0)) go();
  }

  async come(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}
