/**
 * What is still to happen, in simulated time. Of two tasks for the same moment the one that was set first
 * runs first, so the order depends on nothing but the calls.
 *
 * A binary heap in three arrays: comparing touches numbers only.
 */
export type Task = () => void

export class EventHeap {
  private readonly times: Array<number> = []
  private readonly orders: Array<number> = []
  private readonly tasks: Array<Task> = []
  private count = 0

  get size(): number {
    return this.tasks.length
  }

  /** When the next task is due; Infinity without one. */
  get nextMs(): number {
    return this.times[0] ?? Infinity
  }

  set(atMs: number, task: Task): void {
    const order = this.count++
    const { times, orders, tasks } = this
    let place = tasks.length
    times.push(atMs)
    orders.push(order)
    tasks.push(task)
    // A new task has the highest order of all, so only an earlier time moves it up.
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (times[parent]! <= atMs) break
      times[place] = times[parent]!
      orders[place] = orders[parent]!
      tasks[place] = tasks[parent]!
      place = parent
    }
    times[place] = atMs
    orders[place] = order
    tasks[place] = task
  }

  /** Takes the next task out. There must be one. */
  take(): Task {
    const first = this.tasks[0]!
    const time = this.times.pop()!
    const order = this.orders.pop()!
    const task = this.tasks.pop()!
    if (this.tasks.length > 0) this.sink(time, order, task)
    return first
  }

  private sink(time: number, order: number, task: Task): void {
    const { times, orders, tasks } = this
    const size = tasks.length
    let place = 0
    for (let child = 1; child < size; child = 2 * place + 1) {
      const right = child + 1
      if (right < size && isBefore(times[right]!, orders[right]!, times[child]!, orders[child]!)) {
        child = right
      }
      if (isBefore(time, order, times[child]!, orders[child]!)) break
      times[place] = times[child]!
      orders[place] = orders[child]!
      tasks[place] = tasks[child]!
      place = child
    }
    times[place] = time
    orders[place] = order
    tasks[place] = task
  }
}

const isBefore = (time: number, order: number, otherTime: number, otherOrder: number): boolean =>
  time < otherTime || (time === otherTime && order < otherOrder)
