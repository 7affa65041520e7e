/** What a {@link FlightList} needs of its members; a member is in one list at a time. */
export interface InFlight {
  before: this | undefined;
  after: this | undefined;
}

/** Messages in the order of their latest transmission. Any of them leaves at no cost, whatever its place. */
export class FlightList<T extends InFlight> {
  #first: T | undefined;
  #last: T | undefined;

  get first(): T | undefined {
    return this.#first;
  }

  append(item: T): void {
    item.before = this.#last;
    item.after = undefined;
    if (this.#last) this.#last.after = item;
    else this.#first = item;
    this.#last = item;
  }

  prepend(item: T): void {
    item.before = undefined;
    item.after = this.#first;
    if (this.#first) this.#first.before = item;
    else this.#last = item;
    this.#first = item;
  }

  remove(item: T): void {
    if (item.before) item.before.after = item.after;
    else this.#first = item.after;
    if (item.after) item.after.before = item.before;
    else this.#last = item.before;
    item.before = item.after = undefined;
  }
}
