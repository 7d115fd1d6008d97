import Apus
import ApusCPU

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Command {
  static let bench = Command(
    name: "bench", summary: "Measure this machine, or serve measurements to a comparison", operands: "[WORKLOAD]",
    operandCount: 0...1,
    options: [
      Option(name: "serve", help: "read `run N` lines from standard input and answer each with one JSON object"),
      Option(name: "batch", value: "N", help: "examples in a step (default 128)"),
      Option(name: "size", value: "N", help: "side of the matrices (default 1024)"),
      Option(name: "threads", value: "N", help: "threads to compute with (default: one per core)"),
      Option(name: "json", help: "print JSON"),
    ],
    details: "Workloads: \(Workload.names.joined(separator: ", ")). `make bench` compares them with PyTorch and JAX."
  ) { arguments in
    if let threads = try arguments.integer("threads", in: Limits.threads) { CPUBackend.threads = threads }
    let names = arguments.operands.isEmpty ? Workload.names : arguments.operands
    for name in names {
      guard Workload.names.contains(name) else {
        throw UsageError(unknown: "workload", name, among: Workload.names, help: "apus bench --help")
      }
      let workload = Workload.make(
        name, batch: try arguments.integer("batch", in: 1...100_000) ?? 128,
        size: try arguments.integer("size", in: 1...16_384) ?? 1024)
      if arguments.has("serve") {
        serve(workload)
      } else {
        measure(workload, asJSON: arguments.has("json"))
      }
    }
  }

  /// Answers a comparison's requests, so that it can alternate between programs.
  private static func serve(_ workload: Workload) {
    let losses = workload.warmUp()
    Terminal.print(
      JSONValue.object([
        "ready": true, "framework": .string("apus \(ApusCommand.version)"),
        "losses": .array(losses.map { .number($0) }),
      ]).serialized())
    while let line = readLine() {
      let words = line.split(separator: " ")
      if words.first == "quit" { return }
      guard words.count == 2, words[0] == "run", let count = Int(words[1]), count > 0 else {
        Terminal.print(#"{"error": "expected `run N` or `quit`"}"#)
        continue
      }
      let (seconds, loss) = workload.run(count)
      Terminal.print(
        JSONValue.object(["seconds": .number(seconds), "steps": .integer(Int64(count)), "loss": .number(loss)])
          .serialized())
    }
  }

  private static func measure(_ workload: Workload, asJSON: Bool) {
    _ = workload.warmUp()
    let pilot = workload.run(3).seconds / 3
    let count = max(1, Int(0.2 / pilot))
    let times = (0..<7).map { _ in workload.run(count).seconds / Double(count) }.sorted()
    let (median, least) = (times[3], times[0])
    if asJSON {
      Terminal.print(
        JSONValue.object([
          "workload": .string(workload.name), "median_seconds": .number(median), "minimum_seconds": .number(least),
        ]).serialized())
    } else {
      let rate = workload.flops.map { "  \(($0 / least / 1e9).fixed(1)) GFLOP/s, peak \(peak()) GFLOP/s" } ?? ""
      Terminal.print(
        "\(workload.name.padded(18)) median \((median * 1e3).fixed(3)) ms, least \((least * 1e3).fixed(3)) ms\(rate)")
    }
  }

  private static func peak() -> String {
    (CPUBackend.measurePeak() * Double(CPUBackend.threads) / 1e9).fixed(1)
  }
}
