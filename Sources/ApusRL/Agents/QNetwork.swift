import ApusNN
import ApusTensor

/// What each action is worth in what is seen: `[batch, observation]` to `[batch, actions]`, by layers of 120 and 84 ReLU
/// units. Keys are those of CleanRL's: `network.0.weight`.
public final class QNetwork: Module, Layer {
  public let network: Sequential
  /// With two heads (Wang et al. 2016, equation 9): what the state is worth, and each action more than their mean.
  public let value: Linear?
  public let advantage: Linear?

  /// - Parameter isDueling: Whether it has two heads.
  public init(observationSize: Int, actions: Int, isDueling: Bool = false, key: inout RandomKey) {
    let body = Sequential {
      Linear(observationSize, 120, key: &key)
      ReLU()
      Linear(120, 84, key: &key)
      ReLU()
    }
    if isDueling {
      network = body
      value = Linear(84, 1, key: &key)
      advantage = Linear(84, actions, key: &key)
    } else {
      network = Sequential(body.layers + [Linear(84, actions, key: &key)])
      (value, advantage) = (nil, nil)
    }
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let y = network(x)
    guard let value, let advantage else { return y }
    let own = advantage(y)
    return value(y) + own - own.mean(axis: -1, keepDims: true)
  }
}

/// A policy and a critic, apart: `[batch, observation]` to logits `[batch, actions]` and values `[batch]`, each by two
/// layers of 64 tanh units, orthogonal at the beginning. Keys are those of CleanRL's: `critic.0.weight`, `actor.0.weight`.
public final class ActorCriticNetwork: Module {
  public let critic: Sequential
  public let actor: Sequential

  public init(observationSize: Int, actions: Int, hidden: Int = 64, key: inout RandomKey) {
    func layer(_ inputs: Int, _ outputs: Int, gain: Double, _ key: inout RandomKey) -> Linear {
      let layer = Linear(inputs, outputs, initializer: .orthogonal(gain: gain), key: &key)
      layer.bias = .zeros([outputs])
      return layer
    }
    func stack(_ outputs: Int, gain: Double, _ key: inout RandomKey) -> Sequential {
      let root2 = 2.0.squareRoot()
      return Sequential([
        layer(observationSize, hidden, gain: root2, &key), Tanh(), layer(hidden, hidden, gain: root2, &key), Tanh(),
        layer(hidden, outputs, gain: gain, &key),
      ])
    }
    critic = stack(1, gain: 1, &key)
    actor = stack(actions, gain: 0.01, &key)
  }

  /// What each state is worth: `[batch]`.
  public func values(_ x: Tensor) -> Tensor { critic(x).squeezed([-1]) }
}
