import Apus
import ApusCPU
import ApusFiles

/// The kernels of a workload's steps, beside what the machine can do.
struct ProfileReport {
  let workload: String
  let steps: Int
  /// Per step, the slowest first.
  let entries: [Profile.Entry]
  /// The last step alone.
  let lastStep: [Profile.Event]
  /// Seconds of a step in all, what lies between kernels included.
  let stepSeconds: Double
  /// Measured: FLOP/s and bytes/s of all threads.
  let peak: Double
  let bandwidth: Double

  init(_ workload: Workload, steps: Int) {
    self.workload = workload.name
    self.steps = steps
    _ = workload.warmUp(3)
    peak = CPUBackend.measurePeak() * Double(CPUBackend.threads)
    bandwidth = CPUBackend.measureBandwidth()
    var seconds = 0.0
    let events = Profile.record { seconds = workload.run(steps).seconds }
    stepSeconds = seconds / Double(steps)
    entries = Profile.entries(events).map { entry in
      var mean = entry
      mean.seconds /= Double(steps)
      mean.operations /= Double(steps)
      mean.bytes /= Double(steps)
      mean.calls = max(1, entry.calls / steps)
      return mean
    }
    lastStep = Profile.record { _ = workload.run(1) }
  }

  var kernelSeconds: Double { entries.reduce(0) { $0 + $1.seconds } }

  func floor(_ entry: Profile.Entry) -> Double { entry.floor(operationRate: peak, byteRate: bandwidth) }

  func table(top: Int) -> [String] {
    var lines = [
      "\(workload): \(ms(stepSeconds)) ms a step, \(ms(kernelSeconds)) in kernels; mean of \(steps) steps, "
        + "\(CPUBackend.threads) threads, \(CPUBackend.instructionSet)",
      "measured peaks: \((peak / 1e9).fixed(0)) GFLOP/s, \((bandwidth / 1e9).fixed(1)) GB/s",
      "      ms  share  calls  GFLOP/s    GB/s   op/B  floor  kernel",
    ]
    for entry in entries.prefix(top) {
      let known = entry.operations > 0
      let cells = [
        ms(entry.seconds).leftPadded(8), percent(entry.seconds / kernelSeconds).leftPadded(6),
        "\(entry.calls)".leftPadded(6), (known ? (entry.operations / entry.seconds / 1e9).fixed(1) : "–").leftPadded(8),
        (entry.bytes / entry.seconds / 1e9).fixed(1).leftPadded(7),
        (known ? entry.intensity.fixed(1) : "–").leftPadded(6), percent(floor(entry) / entry.seconds).leftPadded(6),
      ]
      lines.append(cells.joined(separator: " ") + "  " + entry.label)
    }
    if entries.count > top {
      let rest = entries.dropFirst(top).reduce(0) { $0 + $1.seconds }
      lines.append(
        ms(rest).leftPadded(8) + " " + percent(rest / kernelSeconds).leftPadded(6) + "  \(entries.count - top) more")
    }
    return lines
  }

  private func ms(_ seconds: Double) -> String { (seconds * 1e3).fixed(3) }
  private func percent(_ share: Double) -> String { (share * 100).fixed(1) + "%" }

  var json: JSONValue {
    .object([
      "workload": .string(workload), "steps": .integer(Int64(steps)), "step_seconds": .number(stepSeconds),
      "kernel_seconds": .number(kernelSeconds), "threads": .integer(Int64(CPUBackend.threads)),
      "instruction_set": .string(CPUBackend.instructionSet), "peak_flops": .number(peak),
      "bandwidth_bytes_per_second": .number(bandwidth),
      "kernels": .array(
        entries.map { entry in
          .object([
            "label": .string(entry.label), "calls": .integer(Int64(entry.calls)), "seconds": .number(entry.seconds),
            "operations": .number(entry.operations), "bytes": .number(entry.bytes),
            "operations_per_byte": .number(entry.intensity), "floor_seconds": .number(floor(entry)),
          ])
        }),
    ])
  }

  /// One step in the format of Chrome's tracing: complete events with times in microseconds.
  func trace() -> String {
    let events = lastStep.map { event -> JSONValue in
      .object([
        "name": .string(event.label), "cat": "kernel", "ph": "X", "pid": 1, "tid": 1,
        "ts": .number(event.start * 1e6), "dur": .number(event.seconds * 1e6),
        "args": .object(["operations": .number(event.operations), "bytes": .number(event.bytes)]),
      ])
    }
    return JSONValue.object(["traceEvents": .array(events), "displayTimeUnit": "ms"]).serialized() + "\n"
  }
}
