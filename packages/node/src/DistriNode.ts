/**
 * Everything a program on Node.js needs to run nodes, clients and peers: sockets, the disk, the load of
 * the process, and cryptography.
 */
import type { Load } from "@distri/core/cloud/Load"
import type { Disk } from "@distri/core/log/storage/Disk"
import type { Transport } from "@distri/core/transport/Transport"
import * as Aead from "effect/crypto/Aead"
import * as Digest from "effect/crypto/Digest"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Cause from "effect/Cause"
import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeDisk from "./NodeDisk.ts"
import * as NodeLoad from "./NodeLoad.ts"
import * as TcpTransport from "./TcpTransport.ts"

/**
 * Plain TCP, the disk, the load of this process, and WebCrypto.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<
  Transport | Disk | Load | Aead.Aead | Digest.Digest | SecureRandom.SecureRandom
> = Layer.mergeAll(
  TcpTransport.layer,
  NodeDisk.layer,
  NodeLoad.layer,
  Aead.layerWebCrypto.pipe(Layer.provideMerge(SecureRandom.layerWebCrypto)),
  Digest.layerWebCrypto
)

/**
 * Runs a node as the main program: SIGTERM and Ctrl-C interrupt it, so that it drains, and a clean
 * end after that has exit status 0. A supervisor takes anything else for a failure.
 *
 * @category running
 * @since 0.1.0
 */
export const runMain = <A, E>(program: Effect.Effect<A, E>): void =>
  NodeRuntime.runMain(program, {
    teardown: (exit, onExit) =>
      Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
        ? onExit(0)
        : Runtime.defaultTeardown(exit, onExit)
  })
