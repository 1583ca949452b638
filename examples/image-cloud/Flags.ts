/**
 * The flags of the commands, checked: what a handler gets is usable.
 */
import { Address } from "@distri/core"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { type Unusable, unusable } from "./Program.ts"

export type Addresses = readonly [Address.Address, ...ReadonlyArray<Address.Address>]

/** A number of things to start, 1 to `most`. */
export const count = (name: string, most: number) =>
  Flag.Int(name).pipe(
    Flag.filter(
      (value) => value >= 1 && value <= most,
      () => `Expected a number from 1 to ${most}`
    )
  )

export const image = Flag.String("image").pipe(
  Flag.optional,
  Flag.withMetavar("FILE"),
  Flag.withDescription("The picture to encrypt, of any format. Default: a painted sample")
)

export const json = Flag.Boolean("json").pipe(
  Flag.withDefault(false),
  Flag.withDescription("Print one JSON object as the last line of stdout; all else goes to stderr")
)

/** Reads `--ips`. Clouds listen on loopback only, so no other address can be right. */
export const addresses = Effect.fnUntraced(function* (
  ips: Option.Option<string>
): Effect.fn.Return<Option.Option<Addresses>, Unusable> {
  if (Option.isNone(ips)) return Option.none()
  const list = Address.list(ips.value)
  if (Result.isFailure(list)) return yield* unusable(`--ips: ${list.failure.message}`)
  for (const address of list.success) {
    if (!Address.isLoopback(address)) {
      return yield* unusable(
        `--ips: ${address} is not on this machine; nodes cannot prove who they are yet, so a cloud listens on loopback only: use addresses like 127.0.0.1:7400`
      )
    }
    if (Address.parts(address).port === 0) {
      return yield* unusable(`--ips: ${address} has no port; write it like 127.0.0.1:7400`)
    }
  }
  // A list has at least one part.
  return Option.some(list.success as unknown as Addresses)
})

/** The addresses, in a mode that cannot do without. */
export const needed = (mode: string, ips: Option.Option<Addresses>) =>
  Option.match(ips, {
    onNone: () => unusable(`--mode ${mode} needs --ips, such as 127.0.0.1:7400,127.0.0.1:7401`),
    onSome: (all) => Effect.succeed(all)
  })
