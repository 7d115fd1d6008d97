import ApusTensor

/// A recurrent net whose output, not its hidden state, is fed back (Jordan 1986): `[batch, time, features]` to
/// `[batch, time, outputs]`.
///
/// With the state s the hidden units are h = activation(W·x + U·s + b) and the output is y = outputActivation(V·h + c);
/// the next state is f(y) + decay · s, with f the activation of what is fed back.
public final class Jordan: Module, Layer {
  public let outputs: Int
  public let decay: Double
  public let activation: RecurrentActivation
  public let input: Linear
  public let feedback: Linear
  public let output: Linear
  private let outputActivation: (Tensor) -> Tensor
  private let feedbackActivation: (Tensor) -> Tensor

  /// - Parameters:
  ///   - activation: Of the hidden units.
  ///   - outputActivation: Of the outputs; nothing unless given.
  ///   - feedbackActivation: Of the outputs on their way back, nothing unless given: softmax where they are logits.
  ///   - decay: How much of the state stays at each step, beside the output that is added: the paper's µ.
  public init(
    _ features: Int, _ hidden: Int, _ outputs: Int, activation: RecurrentActivation = .tanh,
    outputActivation: @escaping (Tensor) -> Tensor = { $0 }, feedbackActivation: @escaping (Tensor) -> Tensor = { $0 },
    decay: Double = 0, bias: Bool = true, key: inout RandomKey
  ) {
    (self.outputs, self.decay, self.activation) = (outputs, decay, activation)
    (self.outputActivation, self.feedbackActivation) = (outputActivation, feedbackActivation)
    input = Linear(features, hidden, bias: bias, key: &key)
    feedback = Linear(outputs, hidden, bias: false, key: &key)
    output = Linear(hidden, outputs, bias: bias, key: &key)
  }

  /// The outputs at each time.
  public func callAsFunction(_ x: Tensor) -> Tensor { callAsFunction(x, initial: nil).outputs }

  /// The outputs at each time, and the last state `[batch, outputs]`.
  ///
  /// - Parameter initial: The first state, zeros unless given.
  public func callAsFunction(_ x: Tensor, initial: Tensor? = nil) -> (outputs: Tensor, state: Tensor) {
    guard x.rank == 3, x.shape[2] == input.weight.shape[1] else {
      let mistake = Tensor.mistake("Jordan: input \(x.shape), expected [batch, time, \(input.weight.shape[1])]")
      return (mistake, mistake)
    }
    let start = initial ?? .zeros([x.shape[0], outputs], dtype: x.dtype)
    guard start.shape == [x.shape[0], outputs] else {
      let mistake = Tensor.mistake("Jordan: initial state \(start.shape), expected [\(x.shape[0]), \(outputs)]")
      return (mistake, mistake)
    }
    // The product of the whole input is done at once.
    let (state, all) = scan(start, over: input(x.swapping(0, 1))) { state, share in
      let h = activation(share + state.matmul(feedback.weight.transposed()))
      let y = outputActivation(output(h))
      let fed = feedbackActivation(y)
      return (decay == 0 ? fed : fed + state * decay, y)
    }
    let weights = [input, feedback, output].reduce(0) { $0 + $1.weight.count }
    return (traced(all.swapping(0, 1), multiplyAdds: x.shape[0] * x.shape[1] * weights), state)
  }
}
