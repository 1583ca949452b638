const none: ReadonlyArray<never> = []

/** What gathers until somebody takes it all. Most of the time there is nothing, and nothing is made of it. */
export class Pile<Item> {
  #items: Array<Item> = []

  get items(): ReadonlyArray<Item> {
    return this.#items
  }

  get isEmpty(): boolean {
    return this.#items.length === 0
  }

  push(item: Item): void {
    this.#items.push(item)
  }

  take(): ReadonlyArray<Item> {
    if (this.#items.length === 0) return none
    const items = this.#items
    this.#items = []
    return items
  }
}
