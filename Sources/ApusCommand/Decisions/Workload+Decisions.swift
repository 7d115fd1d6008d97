import Apus
import ApusFiles

extension Workload {
  /// Sweeps of value iteration over a slippery lake of rows x columns cells; `Benchmarks/decision_processes.py` compares.
  static let decisions: [Maker] = [
    sweeps("value-iteration", isSingle: false), sweeps("value-iteration-single", isSingle: true),
  ]

  private static func sweeps(_ name: String, isSingle: Bool) -> Maker {
    Maker(name: name, size: [1000, 1000]) { _, size in
      let process: MarkovDecisionProcess
      do { process = try SlipperyLake.process(rows: size[0], columns: size[1]) } catch {
        preconditionFailure("\(error)")
      }
      let sweeps = ValueSweeps(process, discount: 0.99, isSingle: isSingle)
      var workload = Workload(
        warmUp: { steps in (0..<max(1, steps)).map { _ in sweeps.sweep() } }, step: { Tensor(sweeps.sweep()) })
      workload.details = ["bytes": .integer(Int64(sweeps.bytes)), "states": .integer(Int64(process.stateCount))]
      return workload
    }
  }
}
