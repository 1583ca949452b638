import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Address from "../../../src/transport/Address.ts"
import { Transport } from "../../../src/transport/Transport.ts"
import { type Test, anyPort } from "./harness.ts"

export const addresses = (test: Test) => {
  test(
    "[TR10] port 0 is a free port, and the listener says which",
    Effect.gen(function* () {
      const transport = yield* Transport
      const [first, second] = yield* Effect.all([
        transport.listen(anyPort),
        transport.listen(anyPort)
      ])
      assert.isAbove(Address.parts(first.address).port, 0)
      assert.notStrictEqual(first.address, second.address)
    })
  )

  test(
    "[TR10] dialing where nobody listens fails with the address and a reason",
    Effect.gen(function* () {
      const transport = yield* Transport
      const { address } = yield* Effect.scoped(transport.listen(anyPort))
      const error = yield* Effect.flip(transport.dial(address))
      assert.strictEqual(error._tag, "DialFailed")
      assert.strictEqual(error.message, `cannot connect to ${address}: nothing listens there`)
    })
  )

  test(
    "[TR10] listening on a port in use fails and says what to do",
    Effect.gen(function* () {
      const transport = yield* Transport
      const { address } = yield* transport.listen(anyPort)
      const error = yield* Effect.flip(transport.listen(address))
      assert.strictEqual(error.reason, "AddressInUse")
      assert.include(error.message, "choose another port")
    })
  )

  test(
    "[TR11] listening where other machines could connect is refused and says what to do",
    Effect.gen(function* () {
      const transport = yield* Transport
      for (const text of ["0.0.0.0:7400", "[::]:7400", "10.0.0.6:7400", "example.org:7400"]) {
        const error = yield* Effect.flip(transport.listen(Address.Address.make(text)))
        assert.strictEqual(error.reason, "NotLoopback")
        assert.include(error.message, "listen on 127.0.0.1:7400")
      }
    })
  )
}
