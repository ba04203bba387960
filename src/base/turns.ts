/** Work that is done one after another, in the order in which it is asked for. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Does the work when all that was asked for before is done, well or not. */
  next<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Waits until all that was asked for is done. */
  async done(): Promise<void> {
    await this.#last;
  }
}
