/**
 * The image cloud: its servers, a client, and its load tests.
 *
 *   node main.ts --mode server --ips 127.0.0.1:7400,127.0.0.1:7401
 *   node main.ts --mode client --ips 127.0.0.1:7400,127.0.0.1:7401 --image photo.jpg --report
 *   node main.ts --mode test-client-encrypt --n 100 --n-servers 3
 */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Flags from "./Flags.ts"
import * as OneClient from "./OneClient.ts"
import * as Program from "./Program.ts"
import { Screen } from "./Screen.ts"
import * as Server from "./Server.ts"
import * as Tests from "./Tests.ts"

/** The client load of `test-servers`. */
const clientsOfTestServers = 100

/** Each is a process with a core's work to do; more say nothing about a cloud. */
const serversMax = 32

const flags = {
  mode: Flag.Literals("mode", [
    "client",
    "server",
    "test-client-encrypt",
    "test-client-db",
    "test-servers"
  ]).pipe(Flag.withDescription("What to run")),
  ips: Flag.String("ips").pipe(
    Flag.optional,
    Flag.withMetavar("HOST:PORT,..."),
    Flag.withDescription("The servers of the cloud; for a server, its own address first")
  ),
  image: Flags.image,
  out: Flag.String("out").pipe(
    Flag.optional,
    Flag.withMetavar("DIR"),
    Flag.withDescription("Where client saves the sealed picture. Default: a temporary folder")
  ),
  n: Flags.count("n", 10_000).pipe(
    Flag.optional,
    Flag.withMetavar("N"),
    Flag.withDescription("Clients, default 100; for test-servers the servers, default 3")
  ),
  servers: Flags.count("n-servers", serversMax).pipe(
    Flag.withDefault(3),
    Flag.withMetavar("N"),
    Flag.withDescription("Servers that a test of clients starts, default 3")
  ),
  data: Flag.String("data").pipe(
    Flag.optional,
    Flag.withMetavar("DIR"),
    Flag.withDescription(
      "Keep the log on disk: a server in DIR, a test that starts servers in a folder of DIR for each. Default: in memory"
    )
  ),
  killEvery: Flags.count("kill-every", 3600).pipe(
    Flag.optional,
    Flag.withMetavar("SECONDS"),
    Flag.withDescription(
      "In a test that starts servers: kill one with SIGKILL so often, in turn, and start it again"
    )
  ),
  report: Flag.Boolean("report").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Print what every node says about its work")
  ),
  json: Flags.json,
  attached: Flag.Boolean("attached").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Stop this server when its stdin ends"),
    Flag.withHidden
  )
}

let serving = false

const command = Command.make("image-cloud", flags, ({ json, ...given }) =>
  Effect.provide(runMode(given), Screen.layer(json))
).pipe(
  Command.withDescription(
    "A cloud that encrypts pictures and keeps documents: servers, a client, load tests"
  )
)

const runMode = Effect.fnUntraced(function* (
  given: Omit<Command.Command.Config.Infer<typeof flags>, "json">
) {
  const { image, mode, n, out, report, servers } = given
  const data = Option.getOrUndefined(given.data)
  const killEverySeconds = Option.getOrUndefined(given.killEvery)
  const ips = yield* Flags.addresses(given.ips)
  switch (mode) {
    case "server": {
      serving = true
      return yield* Server.serve(yield* Flags.needed(mode, ips), {
        attached: given.attached,
        data
      })
    }
    case "client":
      return yield* OneClient.run({ ips: yield* Flags.needed(mode, ips), image, out, report })
    case "test-servers": {
      if (Option.isSome(ips)) {
        return yield* Program.unusable(`--mode ${mode} starts its own servers; leave out --ips`)
      }
      const started = Option.getOrElse(n, () => 3)
      if (started > serversMax) {
        return yield* Program.unusable(`--mode ${mode} starts at most ${serversMax} servers`)
      }
      const clients = clientsOfTestServers
      const options = { clients, servers: started, ips, image, report, data, killEverySeconds }
      return yield* Tests.encrypt(options, true)
    }
    default: {
      const clients = Option.getOrElse(n, () => 100)
      const options = { clients, servers, ips, image, report, data, killEverySeconds }
      return yield* mode === "test-client-db"
        ? Tests.database(options)
        : Tests.encrypt(options, false)
    }
  }
})

// A server that is told to stop has done what it was started for.
Program.run(command, () => (serving ? 0 : 130))
