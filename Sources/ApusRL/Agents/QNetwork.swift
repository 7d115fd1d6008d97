import ApusNN
import ApusTensor

/// What each action is worth in what is seen: `[batch, observation]` to `[batch, actions]`, by layers of ReLU
/// units, 120 and 84 unless told. Keys are those of CleanRL's: `network.0.weight`.
public final class QNetwork: Module, Layer {
  public let network: Sequential
  /// With two heads (Wang et al. 2016, equation 9): what the state is worth, and each action more than their mean.
  public let value: Linear?
  public let advantage: Linear?

  /// - Parameters:
  ///   - hidden: Of how many units each layer is.
  ///   - isDueling: Whether it has two heads.
  public init(
    observationSize: Int, actions: Int, hidden: [Int] = [120, 84], isDueling: Bool = false, key: inout RandomKey
  ) {
    var layers: [any Layer] = []
    var width = observationSize
    for units in hidden {
      layers += [Linear(width, units, key: &key), ReLU()]
      width = units
    }
    if isDueling {
      network = Sequential(layers)
      value = Linear(width, 1, key: &key)
      advantage = Linear(width, actions, key: &key)
    } else {
      network = Sequential(layers + [Linear(width, actions, key: &key)])
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
