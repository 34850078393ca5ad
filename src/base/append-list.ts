/**
 * A list that only ever grows at its end. What it begins with may be elsewhere, and is read when somebody first looks: who
 * goes on with a long record, to hand it over at the end, does not read it before.
 */
export class AppendList<Item> {
  #earlier: EarlierItems<Item> | undefined;
  #items: Item[] = [];

  constructor(earlier?: EarlierItems<Item>) {
    this.#earlier = earlier;
  }

  static of<Item>(items: readonly Item[]): AppendList<Item> {
    const list = new AppendList<Item>();
    for (const item of items) list.push(item);
    return list;
  }

  get length(): number {
    return (this.#earlier?.length ?? 0) + this.#items.length;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  at(index: number): Item | undefined {
    const unread = this.#earlier?.length ?? 0;
    return index < unread ? this.items()[index] : this.#items[index - unread];
  }

  /** All of them. Not a copy: it grows with the list. */
  items(): readonly Item[] {
    if (this.#earlier !== undefined) {
      this.#items = [...this.#earlier.read(), ...this.#items];
      this.#earlier = undefined;
    }
    return this.#items;
  }

  /** From an index on, up to another; what is elsewhere is read only if some of it is meant. */
  slice(from: number, to: number = this.length): readonly Item[] {
    if (to <= from) return [];
    const unread = this.#earlier?.length ?? 0;
    return from < unread ? this.items().slice(from, to) : this.#items.slice(from - unread, to - unread);
  }
}

/** What a list begins with. */
export interface EarlierItems<Item> {
  readonly length: number;
  /** Asked for once. */
  read(): readonly Item[];
}
