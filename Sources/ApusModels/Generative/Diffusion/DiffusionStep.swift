/// One step back from noise to an example: x_before = `sampleWeight` · x̂_0 + `stateWeight` · x_t + `deviation` · z with z
/// standard normal, where x̂_0 = (x_t − `noiseScale` · ε̂) / `signalScale` is what the model takes the example for.
public struct DiffusionStep: Hashable, Sendable {
  /// The variance of the noise that is drawn anew at each step of Ho et al. 2020 (section 3.2).
  public enum Variance: Hashable, Sendable {
    /// That of the posterior, best for a single example.
    case posterior
    /// β, best for standard normal examples.
    case beta
  }

  /// Which of the schedule's steps is undone.
  public let time: Int
  /// √ᾱ_t
  public let signalScale: Double
  /// √(1 − ᾱ_t)
  public let noiseScale: Double
  public let sampleWeight: Double
  public let stateWeight: Double
  public let deviation: Double
}

extension NoiseSchedule {
  /// All steps back, one after the other, as in algorithm 2 of Ho et al. 2020 (DDPM).
  public func ancestralSteps(_ variance: DiffusionStep.Variance = .posterior) -> [DiffusionStep] {
    (0..<steps).reversed().map { time in
      let (sample, state, posterior) = posterior(at: time)
      let drawn = time == 0 ? 0 : variance == .posterior ? posterior : betas[time]
      return step(time, sample, state, drawn.squareRoot())
    }
  }

  /// So many steps back, spread evenly (DDIM: Song, Meng & Ermon 2021, equation 12).
  ///
  /// - Parameters:
  ///   - count: At most as many as the schedule has.
  ///   - eta: η of equation 16: with 0 noise is drawn at the beginning alone; 1 over all steps is
  ///     ``ancestralSteps(_:)``.
  public func implicitSteps(_ count: Int, eta: Double = 0) -> [DiffusionStep] {
    guard 1...steps ~= count, 0...1 ~= eta else {
      fatalError("NoiseSchedule: \(count) steps and η = \(eta), expected 1 to \(steps) and 0 to 1")
    }
    // From the first to the last step of the schedule, both included.
    let gaps = max(1, count - 1)
    let times = count == 1 ? [steps - 1] : (0..<count).map { (2 * $0 * (steps - 1) + gaps) / (2 * gaps) }
    return times.indices.reversed().map { place in
      let alpha = cumulativeAlphas[times[place]]
      let before = place > 0 ? cumulativeAlphas[times[place - 1]] : 1
      let deviation = eta * ((1 - before) / (1 - alpha) * (1 - alpha / before)).squareRoot()
      // The direction to x_t is that of the noise, (x_t − √ᾱ_t x̂_0) / √(1 − ᾱ_t).
      let direction = max(0, 1 - before - deviation * deviation).squareRoot()
      let state = direction / (1 - alpha).squareRoot()
      return step(times[place], before.squareRoot() - state * alpha.squareRoot(), state, deviation)
    }
  }

  private func step(_ time: Int, _ sample: Double, _ state: Double, _ deviation: Double) -> DiffusionStep {
    let alpha = cumulativeAlphas[time]
    return DiffusionStep(
      time: time, signalScale: alpha.squareRoot(), noiseScale: (1 - alpha).squareRoot(), sampleWeight: sample,
      stateWeight: state, deviation: deviation)
  }
}
