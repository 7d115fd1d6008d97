import ApusNN
import ApusTensor

/// Changes a model's parameters to lower a loss.
///
/// The moments that an optimizer keeps are slots, so that a compiled step updates them in place and checkpoints save
/// them. Arithmetic on parameters in half precision, and their moments, are in single precision.
open class Optimizer: Stateful, SavedState {
  /// What is updated: the model's parameters when the optimizer was made, in their order.
  public let parameters: [Module.Entry]
  /// Whether steps go uphill.
  public let maximizes: Bool
  /// What the gradients are to be taken times, where ``scalesGradients`` leaves that to ``updated(_:_:number:)``;
  /// `float64`, nil for 1.
  public private(set) var gradientScale: Tensor?

  private let groups: [ParameterGroup]
  /// The group of each parameter.
  private let groupNumbers: [Int]
  private let rates: [TensorSlot]
  private let defaultDecay: Double
  private var momentumSlot: TensorSlot?
  private var state: [(path: String, slot: TensorSlot)] = []
  private var numbersOfStep: [NumbersKey: Tensor] = [:]

  private struct NumbersKey: Hashable {
    let group: Int
    let dtype: DType
  }

  /// - Parameters:
  ///   - learningRate: Of the parameters that no group names, and of groups without one of their own.
  ///   - weightDecay: λ, likewise.
  ///   - groups: Parameters with numbers of their own. A parameter belongs to the first group that has it.
  ///   - maximize: Whether to go uphill.
  public init(
    _ model: Module, learningRate: Double, weightDecay: Double = 0, groups: [ParameterGroup] = [],
    maximize: Bool = false
  ) {
    let all = model.parameters
    parameters = all
    maximizes = maximize
    defaultDecay = weightDecay
    self.groups = groups
    groupNumbers = all.map { parameter in 1 + (groups.firstIndex { $0.contains(parameter.path) } ?? -1) }
    rates = ([learningRate] + groups.map { $0.learningRate ?? learningRate }).map { TensorSlot(exactly($0)) }
    for (number, rate) in rates.enumerated() {
      state.append((number == 0 ? "learning_rate" : "learning_rate.\(number)", rate))
    }
    for group in groups { group.requirePaths(among: all.map(\.path)) }
  }

  // MARK: Numbers that may change from step to step

  /// The step size of the parameters that are in no group. A compiled training step sees the change.
  public var learningRate: Double {
    get { rates[0].value.item() }
    set { rates[0].value = exactly(newValue) }
  }

  /// The step sizes of the parameters that are in no group, and of the groups. A compiled training step sees the change.
  public final var learningRates: [Double] {
    get { rates.map { $0.value.item() } }
    set {
      guard newValue.count == rates.count else {
        fatalError("learningRates: \(newValue.count) rates, expected \(rates.count): the default's and the groups'")
      }
      for (slot, rate) in zip(rates, newValue) { slot.value = exactly(rate) }
    }
  }

  /// μ, or β₁ of the optimizers with two moments; nil where there is none. A compiled training step sees the change.
  public final var momentum: Double? {
    get { momentumSlot.map { $0.value.item() } }
    set {
      guard let momentumSlot, let newValue else { fatalError("momentum: \(type(of: self)) was made without one") }
      momentumSlot.value = exactly(newValue)
    }
  }

  // MARK: State

  /// Everything that is kept from step to step, with the keys it is saved under.
  public final var stateEntries: [(path: String, slot: TensorSlot)] { state }

  public final var stateSlots: [Slot] { state.map(\.slot) }

  /// A scalar of the optimizer's own, `float64`.
  public final func addScalar(_ name: String, _ value: Double) -> TensorSlot {
    addTensor(name, exactly(value))
  }

  /// A tensor of the optimizer's own.
  public final func addTensor(_ name: String, _ value: Tensor) -> TensorSlot {
    let slot = TensorSlot(value)
    state.append((name, slot))
    return slot
  }

  /// One tensor for each parameter, of its shape: of one value at first.
  public final func addMoments(_ name: String, _ value: Double = 0) -> [TensorSlot] {
    parameters.map { parameter in
      let tensor = parameter.slot.tensor!
      return addTensor("\(name).\(parameter.path)", .full(value, tensor.shape, dtype: tensor.dtype.ofMoments))
    }
  }

  /// Makes ``momentum`` part of the state, under a name.
  public final func addMomentum(_ name: String, _ value: Double) { momentumSlot = addScalar(name, value) }

  // MARK: Steps

  /// One step against the gradients, which come in the order of ``parameters``.
  ///
  /// - Parameters:
  ///   - scale: What the gradients are taken times: a scalar.
  ///   - isSkipped: Where this is true, a scalar, parameters and moments stay as they are.
  public final func update(_ gradients: [Tensor], scale: Tensor? = nil, isSkipped: Tensor? = nil) {
    guard gradients.count == parameters.count else {
      fatalError("update: \(gradients.count) gradients for \(parameters.count) parameters")
    }
    takeStep(scale: scale, isSkipped: isSkipped) { change($0, gradients[$0]) }
  }

  /// One step: `change` is called for each parameter that is not frozen.
  final func takeStep(scale: Tensor?, isSkipped: Tensor?, _ change: (Int) -> Void) {
    let slots: [Slot] = isSkipped == nil ? [] : stateSlots + parameters.map { $0.slot as Slot }
    let before = slots.map { $0.tensor! }
    let sign: Double = maximizes ? -1 : 1
    gradientScale = scale.map { $0.cast(to: .float64) * sign } ?? (maximizes ? exactly(-1) : nil)
    numbersOfStep = [:]
    beginStep()
    for number in parameters.indices where !isFrozen(number) { change(number) }
    // What belongs to a trace does not outlive it.
    numbersOfStep = [:]
    gradientScale = nil
    endStep()
    guard let isSkipped else { return }
    for (slot, old) in zip(slots, before) { slot.tensor = select(isSkipped, old, slot.tensor!) }
  }

  /// Changes one parameter against its gradient.
  final func change(_ number: Int, _ gradient: Tensor) {
    let slot = parameters[number].slot
    let parameter = slot.tensor!
    guard gradient.shape == parameter.shape else {
      fatalError(
        "update: the gradient of \(parameters[number].path) is \(gradient.shape), expected \(parameter.shape)")
    }
    let dtype = parameter.dtype.ofMoments
    var given = gradient.cast(to: dtype)
    if !scalesGradients, let gradientScale { given = given * gradientScale.cast(to: dtype) }
    slot.tensor = updated(parameter.cast(to: dtype), given, number: number).cast(to: parameter.dtype)
  }

  /// Whether ``updated(_:_:number:)`` takes gradients times ``gradientScale`` itself.
  open var scalesGradients: Bool { false }

  /// Called once in each step before the parameters are updated.
  open func beginStep() {}

  /// Called once in each step after the parameters are updated: what was kept for them is to be let go.
  open func endStep() {}

  /// The new value of parameter `number`.
  open func updated(_ parameter: Tensor, _ gradient: Tensor, number: Int) -> Tensor {
    fatalError("\(type(of: self)) must override updated(_:_:number:)")
  }

  // MARK: What subclasses read

  /// The step size of parameter `number` as part of a graph, `float64`.
  public final func rate(of number: Int) -> Tensor { rates[groupNumbers[number]].value }

  /// λ of parameter `number`.
  public final func weightDecay(of number: Int) -> Double {
    groupNumbers[number] == 0 ? defaultDecay : groups[groupNumbers[number] - 1].weightDecay ?? defaultDecay
  }

  /// ``momentum`` as part of a graph, `float64`; 0 where there is none.
  public final var momentumTensor: Tensor { momentumSlot?.value ?? exactly(0) }

  /// What is the same for all parameters of one group and type: made once in a step.
  public final func numbers(of number: Int, _ dtype: DType, _ make: () -> Tensor) -> Tensor {
    let key = NumbersKey(group: groupNumbers[number], dtype: dtype)
    let known = numbersOfStep[key] ?? make()
    numbersOfStep[key] = known
    return known
  }

  private func isFrozen(_ number: Int) -> Bool {
    groupNumbers[number] > 0 && groups[groupNumbers[number] - 1].isFrozen
  }
}

/// What has state that a checkpoint must hold for a run to go on with the same bits.
public protocol SavedState: AnyObject {
  /// Everything that is kept from step to step, with the keys it is saved under.
  var stateEntries: [(path: String, slot: TensorSlot)] { get }
}

extension Optimizer {
  /// The gradient with what the L2 penalty adds: λ·w.
  final func penalized(_ gradient: Tensor, _ parameter: Tensor, number: Int) -> Tensor {
    let decay = weightDecay(of: number)
    return decay == 0 ? gradient : gradient + parameter * decay
  }

  /// The parameter less its decoupled decay: (1 − ηλ)·w.
  final func decayed(_ parameter: Tensor, number: Int) -> Tensor {
    let decay = weightDecay(of: number)
    return decay == 0 ? parameter : parameter * (1 - rate(of: number) * decay).cast(to: parameter.dtype)
  }
}

extension DType {
  /// What moments and their arithmetic are in: halves are too coarse.
  var ofMoments: DType { isHalf ? .float32 : self }
}

/// A number of an optimizer's own as part of a graph, in double precision.
func exactly(_ value: Double) -> Tensor { Tensor(value, dtype: .float64) }

/// An average that forgets: β·old + (1 − β)·new.
func averaged(_ old: Tensor, _ new: Tensor, _ beta: Double) -> Tensor { old * beta + new * (1 - beta) }

/// The same with a scalar in double precision.
func averaged(_ old: Tensor, _ new: Tensor, _ beta: Tensor) -> Tensor {
  old * beta.cast(to: old.dtype) + new * (1 - beta).cast(to: old.dtype)
}
