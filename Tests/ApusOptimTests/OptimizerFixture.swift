import Apus
import Foundation
import Testing

/// Numbers that `Tests/Fixtures/fixture_optimizers.py` writes.
func fixture(_ name: String, _ part: String) throws -> [JSONValue] {
  let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  let json = try JSONValue(contentsOf: folder.appendingPathComponent("Fixtures/\(name).json").path)
  return try #require(json[part]?.array)
}

extension JSONValue {
  var doubles: [Double] { (array ?? []).compactMap(\.double) }
  func number(_ key: String) -> Double? { self[key]?.double }
  func isTrue(_ key: String) -> Bool { self[key]?.bool ?? false }
}

/// A module that is nothing but tensors.
final class Vectors: Module {
  @Parameter var first: Tensor
  @Parameter var second: Tensor?

  init(_ first: Tensor, _ second: Tensor? = nil) {
    self.first = first
    self.second = second
  }

  convenience init(_ values: [Double], dtype: DType = .float64) { self.init(Tensor(values, dtype: dtype)) }
}

/// The problem of the trajectories: f(w) = Σ aᵢ/2·(wᵢ − cᵢ)² + bᵢ·cos(kᵢwᵢ), whose gradient is known.
enum Problem {
  static let start = [-1.0, 2.0, -0.75, 1.25, 0.5, -2.0]
  private static let a = [0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
  private static let b = [0.1, 0.2, 0.25, 0.3, 0.2, 0.1]
  private static let c = [1.0, -1.0, 0.5, -0.5, 2.0, 0.0]
  private static let k = [1.0, 1.5, 2.0, 2.0, 2.5, 3.0]

  static func gradient(_ w: Tensor) -> Tensor {
    let values = w.doubles().enumerated().map { i, w in a[i] * (w - c[i]) - b[i] * k[i] * sin(k[i] * w) }
    return Tensor(values, shape: w.shape, dtype: w.dtype)
  }
}

extension Optimizer {
  /// A step whose results are computed at once: the next one then has the same graph, which is planned already.
  func take(_ gradients: [Tensor]) {
    update(gradients)
    Tensor.evaluate(parameters.map { $0.slot.tensor! } + stateEntries.map(\.slot.value))
  }
}

/// An optimizer of a fixture's case, by its name and options.
func makeOptimizer(_ name: String, _ options: JSONValue, _ model: Module) throws -> Optimizer {
  let rate = options.number("learningRate")
  let decay = options.number("weightDecay") ?? 0
  let uphill = options.isTrue("maximize")
  let isDecoupled = options.isTrue("decoupledWeightDecay")
  let (beta1, beta2) = (options.number("beta1") ?? 0.9, options.number("beta2") ?? 0.999)
  switch name {
  case "SGD":
    return SGD(
      model, learningRate: rate!, momentum: options.number("momentum") ?? 0,
      dampening: options.number("dampening") ?? 0, weightDecay: decay, nesterov: options.isTrue("nesterov"),
      decoupledWeightDecay: isDecoupled, maximize: uphill)
  case "Adam":
    return Adam(
      model, learningRate: rate!, beta1: beta1, beta2: beta2, weightDecay: decay, amsgrad: options.isTrue("amsgrad"),
      maximize: uphill)
  case "AdamW":
    return AdamW(
      model, learningRate: rate!, weightDecay: options.number("weightDecay") ?? 0.01,
      amsgrad: options.isTrue("amsgrad"), maximize: uphill)
  case "AdaGrad":
    return AdaGrad(
      model, learningRate: rate!, rateDecay: options.number("rateDecay") ?? 0, weightDecay: decay,
      initialAccumulator: options.number("initialAccumulator") ?? 0, epsilon: options.number("epsilon") ?? 1e-10,
      epsInsideSqrt: options.isTrue("epsInsideSqrt"), maximize: uphill)
  case "RMSProp":
    return RMSProp(
      model, learningRate: rate!, alpha: options.number("alpha") ?? 0.99, epsilon: options.number("epsilon") ?? 1e-8,
      weightDecay: decay, momentum: options.number("momentum") ?? 0, centered: options.isTrue("centered"),
      epsInsideSqrt: options.isTrue("epsInsideSqrt"), maximize: uphill)
  case "AdaDelta":
    return AdaDelta(
      model, learningRate: rate ?? 1, rho: options.number("rho") ?? 0.9, epsilon: options.number("epsilon") ?? 1e-6,
      weightDecay: decay, maximize: uphill)
  case "AdaMax":
    return AdaMax(
      model, learningRate: rate!, beta1: beta1, beta2: beta2, weightDecay: decay, maximize: uphill)
  case "NAdam":
    let schedule = NAdam.Momentum.scheduled(decay: options.number("momentumDecay") ?? 4e-3)
    return NAdam(
      model, learningRate: rate!, beta1: beta1, beta2: beta2, weightDecay: decay,
      schedule: options.isTrue("constant") ? .constant : schedule, decoupledWeightDecay: isDecoupled, maximize: uphill)
  case "RAdam":
    return RAdam(
      model, learningRate: rate!, beta1: beta1, beta2: beta2, weightDecay: decay, decoupledWeightDecay: isDecoupled,
      maximize: uphill)
  case "Adafactor":
    return Adafactor(
      model, learningRate: rate!, decayExponent: options.number("decayExponent") ?? -0.8,
      clipping: options.number("clipping") ?? 1, weightDecay: decay, maximize: uphill)
  case "Lion":
    return Lion(
      model, learningRate: rate!, beta1: beta1, beta2: options.number("beta2") ?? 0.99, weightDecay: decay,
      maximize: uphill)
  case "LAMB":
    return LAMB(
      model, learningRate: rate!, beta1: beta1, beta2: beta2, weightDecay: decay, maximize: uphill)
  case "Muon":
    return Muon(
      model, learningRate: rate!, momentum: options.number("momentum") ?? 0.95,
      weightDecay: options.number("weightDecay") ?? 0.1, nesterov: options["nesterov"]?.bool ?? true,
      iterations: options["iterations"]?.int ?? 5, scale: options.isTrue("matchesAdamW") ? .matchingAdamW : .original,
      maximize: uphill)
  case "Rprop": return Rprop(model, learningRate: rate!, maximize: uphill)
  case "AveragedSGD":
    return AveragedSGD(
      model, learningRate: rate!, decay: options.number("decay")!, power: options.number("power") ?? 0.75,
      averagingStart: options.number("averagingStart")!, weightDecay: decay)
  default: throw CancellationError()
  }
}
