import { assert, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import * as OrderedMap from "../../src/database/pure/OrderedMap.ts"

const key = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 }))
const Change = Schema.Struct({ key, keep: Schema.Boolean })
const changes = Arbitrary.array(Arbitrary.schema(Change), { maxLength: 200 })
const often = { arbitrary: { runs: 300 } }

it.prop(
  "[DB5] an ordered map holds what a plain map holds, in key order, and stays balanced",
  { changes, after: key },
  ({ after, changes }) => {
    const plain = new Map<number, number>()
    let map: OrderedMap.OrderedMap<number, number>
    for (const [at, { keep, key }] of changes.entries()) {
      const before = map
      const held = [...OrderedMap.entries(before)]
      if (keep) plain.set(key, at)
      else plain.delete(key)
      map = keep ? OrderedMap.set(map, key, at) : OrderedMap.remove(map, key)
      assert.deepStrictEqual([...OrderedMap.entries(before)], held)
      assert.isTrue(isBalanced(map))
    }
    const expected = [...plain].toSorted(([a], [b]) => a - b)
    assert.deepStrictEqual([...OrderedMap.entries(map)], expected)
    assert.deepStrictEqual(
      [...OrderedMap.entries(map, after)],
      expected.filter(([key]) => key > after)
    )
    assert.strictEqual(OrderedMap.size(map), plain.size)
    for (let at = 0; at <= 40; at += 1) assert.strictEqual(OrderedMap.get(map, at), plain.get(at))
  },
  often
)

it("[DB5] a map that is filled or emptied in order stays balanced", () => {
  let map: OrderedMap.OrderedMap<number, number>
  for (let at = 0; at < 2000; at += 1) map = OrderedMap.set(map, at, at)
  assert.isTrue(isBalanced(map))
  for (let at = 0; at < 1500; at += 1) map = OrderedMap.remove(map, at)
  assert.isTrue(isBalanced(map))
  assert.strictEqual(OrderedMap.size(map), 500)
})

const isBalanced = (map: OrderedMap.OrderedMap<number, number>): boolean => {
  if (map === undefined) return true
  const left = OrderedMap.size(map.left) + 1
  const right = OrderedMap.size(map.right) + 1
  return left <= 3 * right && right <= 3 * left && isBalanced(map.left) && isBalanced(map.right)
}
