import Apus
import ApusCPU
import ApusFiles

extension Command {
  static let bench = Command(
    name: "bench", summary: "Measure this machine, or serve measurements to a comparison", operands: "[WORKLOAD]",
    operandCount: 0...1,
    options: [
      Option(name: "serve", help: "read `run N` lines from standard input and answer each with one JSON object"),
      Option(name: "once", help: "do the first step, print one JSON object with its loss, and end"),
      Option(name: "batch", value: "N", help: "examples in a step (default: each workload's own)"),
      Option(name: "size", value: "N", help: "of an operation: 1024, or 32x512x2048 (rows x inner x columns)"),
      Option(name: "threads", value: "N", help: "threads to compute with (default: one per core)"),
      Option(name: "json", help: "print JSON"),
    ],
    details: "Workloads:\n\(Workload.listOfNames)\n\n`make bench` compares them with PyTorch and JAX."
  ) { arguments in
    if let threads = try arguments.integer("threads", in: Limits.threads) { CPUBackend.threads = threads }
    let batch = try arguments.integer("batch", in: 1...100_000)
    for name in arguments.operands.isEmpty ? Workload.names : arguments.operands {
      let workload = try Workload.named(name, batch: batch, size: arguments.string("size"), help: "apus bench --help")
      if arguments.has("serve") {
        serve(workload)
      } else if arguments.has("once") {
        Terminal.print(JSONValue.object(introduction(workload.warmUp(1))).serialized())
      } else {
        measure(workload, asJSON: arguments.has("json"))
      }
    }
  }

  /// Who computed, and what.
  private static func introduction(_ losses: [Double]) -> JSONObject {
    [
      "framework": .string("apus \(ApusCommand.version)"), "instruction_set": .string(CPUBackend.instructionSet),
      "losses": .array(losses.map { .number($0) }),
    ]
  }

  /// Answers a comparison's requests, so that it can alternate between programs.
  private static func serve(_ workload: Workload) {
    var greeting = introduction(workload.warmUp(5))
    greeting["ready"] = true
    for (key, value) in workload.details { greeting[key] = value }
    Terminal.print(JSONValue.object(greeting).serialized())
    while let line = readLine() {
      let words = line.split(separator: " ")
      if words.first == "quit" { return }
      guard words.count == 2, words[0] == "run", let count = Int(words[1]), count > 0 else {
        Terminal.print(#"{"error": "expected `run N` or `quit`"}"#)
        continue
      }
      let (seconds, loss) = workload.run(count)
      Terminal.print(
        JSONValue.object([
          "seconds": .number(seconds), "steps": .integer(Int64(count)), "loss": .number(loss),
          "peak_bytes": .integer(peakBytes()),
        ]).serialized())
    }
  }

  /// The most memory that this process has had resident so far; 0 where the system does not say.
  private static func peakBytes() -> Int64 {
    guard let bytes = try? File.readPrefix("/proc/self/status", count: 8192) else { return 0 }
    let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    let words = line?.split(whereSeparator: { $0 == " " || $0 == "\t" }) ?? []
    return words.count > 1 ? (Int64(words[1]) ?? 0) * 1024 : 0
  }

  private static func measure(_ workload: Workload, asJSON: Bool) {
    _ = workload.warmUp(5)
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
        "\(workload.name.padded(28)) median \((median * 1e3).fixed(3)) ms, least \((least * 1e3).fixed(3)) ms\(rate)")
    }
  }

  private static func peak() -> String {
    (CPUBackend.measurePeak() * Double(CPUBackend.threads) / 1e9).fixed(1)
  }
}
