import Apus
import ApusCPU
import ApusFiles

extension Command {
  static let profile = Command(
    name: "profile", summary: "Show where the time of a step goes, kernel by kernel", operands: "RECIPE|WORKLOAD",
    operandCount: 1...1,
    options: [
      Option(name: "batch", value: "N", help: "examples in a step (default: the recipe's)"),
      Option(name: "size", value: "N", help: "of an operation: 1024, or 32x512x2048 (rows x inner x columns)"),
      Option(name: "steps", value: "N", help: "steps to measure after the first ones (default 20)"),
      Option(name: "top", value: "N", help: "how many kernels to list (default 20)"),
      Option(name: "threads", value: "N", help: "threads to compute with (default: one per core)"),
      Option(name: "chart", value: "FILE", help: "write a chart of it, as SVG"),
      Option(
        name: "trace", value: "FILE", help: "write one step as Chrome's trace format, for chrome://tracing or Perfetto"),
      Option(name: "json", help: "print JSON"),
    ],
    details: """
      Of a recipe a training step is shown; with -inference behind its name, what its model makes of a batch.
      Workloads that other libraries have too:
      \(Workload.listOfNames)

      For each kernel: milliseconds a step, its share, calls, GFLOP/s, GB/s, operations per byte of memory, and its floor,
      the time that the measured peaks of arithmetic and memory allow, as a share of its time. Where the kernel does not
      count its operations there is a dash. A floor above 100 % is data that was still in the caches, or a Winograd
      convolution, whose operations are counted as the direct one's.
      """
  ) { arguments in
    if let threads = try arguments.integer("threads", in: Limits.threads) { CPUBackend.threads = threads }
    let steps = try arguments.integer("steps", in: 1...100_000) ?? 20
    let workload = try Workload.named(
      arguments.operands[0], batch: try arguments.integer("batch", in: 1...100_000), size: arguments.string("size"),
      help: "apus profile --help")
    let report = ProfileReport(workload, steps: steps)
    if let path = arguments.string("chart") { try AtomicFile.write(report.chart(), to: path) }
    if let path = arguments.string("trace") { try AtomicFile.write(report.trace(), to: path) }
    if arguments.has("json") {
      Terminal.print(report.json.serialized())
    } else {
      let count = try arguments.integer("top", in: 1...100_000) ?? 20
      for line in report.table(top: count) { Terminal.print(line) }
    }
  }
}
