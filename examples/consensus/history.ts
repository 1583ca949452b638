/** Was what these clients saw possible for one register? */
import { History, Linearizability, Register } from "@distri/simulation"

const history = new History<Register.Input<string>, Register.Output<string>>()
const write = history.call("ann", { kind: "write", value: "new" })
const read = history.call("ben", { kind: "read" })
read.returned("new")
const late = history.call("ben", { kind: "read" })
late.returned("old") // after "new" was read, nobody may read "old"
write.returned(undefined)

const model = Register.model<string>("old")
const report = Linearizability.check(model, history.operations)
process.stdout.write(Linearizability.describe(model, report))
