import ApusData
import ApusDrawing
import ApusNN
import ApusOptim
import ApusTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Tries learning rates on a few steps each once, from very low to very high (Smith 2015): where the loss falls fastest is
/// a rate to begin with. The models and optimizers are afterwards as they were.
public struct LearningRateFinder: Sendable {
  public let lowest: Double
  public let highest: Double
  public let steps: Int
  /// How much of the average loss each step keeps.
  public let smoothing: Double
  /// Stop where the average loss is so many times its least.
  public let limit: Double

  public init(
    lowest: Double = 1e-7, highest: Double = 10, steps: Int = 100, smoothing: Double = 0.9, limit: Double = 4
  ) {
    guard 0 < lowest, lowest < highest, steps > 1, 0 <= smoothing, smoothing < 1, limit > 1 else {
      fatalError("LearningRateFinder: from \(lowest) to \(highest) in \(steps) steps, smoothing \(smoothing)")
    }
    (self.lowest, self.highest, self.steps) = (lowest, highest, steps)
    (self.smoothing, self.limit) = (smoothing, limit)
  }

  /// The losses at the rates that were tried.
  public struct Result: Sendable {
    public let rates: [Double]
    public let losses: [Double]
    /// The losses averaged over the steps.
    public let smoothed: [Double]

    /// The rate at which the average loss falls fastest; nil where it never falls.
    public var suggestion: Double? {
      guard smoothed.count > 3 else { return nil }
      // The ends are not judged: the average has seen little at the first and overshoots at the last.
      let slopes = (1..<(smoothed.count - 1)).map { (smoothed[$0 + 1] - smoothed[$0 - 1], rates[$0]) }
      return slopes.min { $0.0 < $1.0 }.flatMap { $0.0 < 0 ? $0.1 : nil }
    }

    /// The losses over the rates.
    public func figure(title: String = "") -> Figure {
      var marks: [any Mark] = [
        Line(rates, losses, name: "a batch", style: Style(Color(0x9DB8CC), width: 1)),
        Line(rates, smoothed, name: "average", style: .series(0)),
      ]
      if let suggestion, let place = rates.firstIndex(of: suggestion) {
        marks.append(
          Scatter([Point(suggestion, smoothed[place])], name: "falls fastest", style: .series(1)))
      }
      let top = 1.5 * (smoothed.first ?? 1)
      let low = smoothed.min() ?? 0
      let room = max(top - low, 1e-9) * 0.05
      return Figure(
        title.isEmpty ? "Learning rates" : "Learning rates: \(title)",
        note: "One step at each rate (Smith 2015).",
        facts: suggestion.map { [("suggestion", $0)] } ?? [],
        [
          Plot(
            x: Axis("learning rate", .logarithmic), y: Axis("loss", domain: (low - room)...(top + room)),
            marks)
        ])
    }
  }

  /// Takes the steps. Throws a ``Divergence`` only where the very first loss is no number.
  public func find(_ task: TrainingTask, _ data: any BatchLoader) throws -> Result {
    var free = task
    for number in free.objectives.indices {
      free.objectives[number].scheduler = nil
      free.objectives[number].average = nil
    }
    let stepper = Stepper(free, accumulates: false)
    for model in free.models { model.evaluate() }
    let saved = stepper.entries.map { $0.slot.tensor! }
    defer { for (entry, tensor) in zip(stepper.entries, saved) { entry.slot.tensor = tensor } }
    var (rates, losses, smoothed): ([Double], [Double], [Double]) = ([], [], [])
    var (average, epoch, step) = (0.0, 0, 0)
    while step < steps, data.batchCount > 0 {
      for batch in data.epoch(epoch, startingAt: 0) {
        let rate = lowest * pow(highest / lowest, Double(step) / Double(steps - 1))
        for objective in free.objectives {
          objective.optimizer.learningRates = objective.optimizer.learningRates.map { _ in rate }
        }
        let loss =
          stepper(batch.tensors, step: step, epoch: epoch, updates: true).first { $0.kind == .mean }?.value ?? .nan
        guard loss.isFinite else {
          return Result(rates: rates, losses: losses, smoothed: smoothed)
        }
        average = smoothing * average + (1 - smoothing) * loss
        step += 1
        rates.append(rate)
        losses.append(loss)
        smoothed.append(average / (1 - pow(smoothing, Double(step))))
        if step == steps || smoothed[step - 1] > limit * smoothed.min()! {
          return Result(rates: rates, losses: losses, smoothed: smoothed)
        }
      }
      epoch += 1
    }
    return Result(rates: rates, losses: losses, smoothed: smoothed)
  }
}
