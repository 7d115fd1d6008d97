import Apus

/// Something to be timed, on data that any program can make: see `HashedValues`.
struct Workload {
  private(set) var name = ""
  /// Floating-point operations in a step, where that is the point.
  var flops: Double?
  /// Runs so many first steps (one at least) and gives what a comparison checks: their losses, or the mean magnitudes of an
  /// operation's results.
  let warmUp: (_ steps: Int) -> [Double]
  /// One step; returns its loss or another result, which is read once after all steps of a run.
  let step: () -> Tensor
  /// What a comparison is told besides.
  var details: JSONObject = [:]

  /// Runs so many steps: the time they take, and the last loss.
  func run(_ count: Int) -> (seconds: Double, loss: Double) {
    var last = Tensor(0)
    let duration = ContinuousClock().measure {
      for _ in 0..<count { last = step() }
      Tensor.evaluate([last])
    }
    return (duration.inSeconds, last.count == 1 ? last.item() : 0)
  }
}

extension Workload {
  /// How a workload is called and made.
  struct Maker: Sendable {
    let name: String
    /// Examples in a step, unless the command line says otherwise.
    var batch = 1
    /// The sizes of an operation, unless the command line says otherwise.
    var size: [Int] = []
    let make: @Sendable (_ batch: Int, _ size: [Int]) -> Workload
  }

  static let all = models + [decoding] + operations + decisions
  static var names: [String] { all.map(\.name) }

  /// The names in lines that fit a terminal.
  static var listOfNames: String {
    var lines = [""]
    for name in names {
      if lines.last!.count + name.count > 70 { lines.append("") }
      lines[lines.count - 1] += (lines.last!.isEmpty ? "" : " ") + name + (name == names.last ? "" : ",")
    }
    return lines.map { "  \($0)" }.joined(separator: "\n")
  }

  /// The workload by that name.
  ///
  /// - Parameters:
  ///   - size: As on the command line: numbers with x between them.
  ///   - help: The command that lists the workloads.
  static func named(_ name: String, batch: Int? = nil, size: String? = nil, help: String) throws -> Workload {
    guard let maker = all.first(where: { $0.name == name }) else {
      guard var workload = recipe(name, batch: batch) else {
        throw UsageError(unknown: "workload", name, among: names + Recipe.all.map(\.name), help: help)
      }
      guard size == nil else { throw UsageError("--size: \(name) has none") }
      workload.name = name
      return workload
    }
    var workload = maker.make(batch ?? maker.batch, try size.map { try parse($0, for: maker) } ?? maker.size)
    workload.name = name
    return workload
  }

  /// Numbers that leave a product of any two of them small enough for the memory.
  private static func parse(_ text: String, for maker: Maker) throws -> [Int] {
    let largest = 1 << 28
    let numbers = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard numbers.allSatisfy({ $0 > 0 && $0 <= largest }) else {
      throw UsageError(
        "--size \(text): expected a whole number from 1 to \(largest.grouped), or several with x between")
    }
    guard !maker.size.isEmpty else { throw UsageError("--size: \(maker.name) has none") }
    if maker.name.hasPrefix("value-iteration"), numbers.count == 1 { return [numbers[0], numbers[0]] }
    let isSquare = numbers.count == 1 && maker.name == "matmul"
    guard isSquare || numbers.count == maker.size.count else {
      throw UsageError(
        "--size \(text): expected as many numbers as \(maker.size.map(String.init).joined(separator: "x"))")
    }
    let all = isSquare ? [numbers[0], numbers[0], numbers[0]] : numbers
    let count =
      maker.name == "matmul"
      ? max(all[0] * all[1], all[1] * all[2], all[0] * all[2])
      : all.reduce(1) { $0.multipliedReportingOverflow(by: $1).overflow ? .max : $0 * $1 }
    guard count <= largest else { throw UsageError("--size \(text): more than \(largest.grouped) numbers") }
    return all
  }
}
