import Apus

/// Layers made of layers, by the numbers that `fixture_layers.py` gives them.
extension FixtureLayer {
  static func combined(_ name: String, _ o: Options) -> FixtureLayer? {
    var key = RandomKey(0)
    let variant = o.int("variant")
    switch name {
    case "Linear":
      return FixtureLayer(Linear(o.int("features"), o.int("outputs"), bias: o.bool("bias"), key: &key))
    case "Identity": return FixtureLayer(Identity())
    case "Sequential": return FixtureLayer(sequential(variant, &key))
    case "Residual": return FixtureLayer(residual(variant, &key))
    case "Parallel":
      return FixtureLayer(
        Parallel([.sum, .mean, .product, .concatenate()][variant]) {
          Linear(3, 2, key: &key)
          Sequential([Linear(3, 2, bias: false, key: &key), Tanh()])
        })
    case "Branches":
      let layer = branches(variant, &key)
      return FixtureLayer(layer) { concatenate(layer($0[0]).map { $0.flattened() }) }
    case "Repeat":
      switch variant {
      case 0: return FixtureLayer(Repeat(2) { _ in Linear(3, 3, key: &key) })
      case 1: return FixtureLayer(Repeat(3, sharing: Linear(3, 3, key: &key)))
      default: return FixtureLayer(Repeat(1) { _ in Linear(3, 3, bias: false, key: &key) })
      }
    case "Lambda":
      let bodies: [(Tensor) -> Tensor] = [{ $0.sin() }, { $0.transposed() }, { $0.squared().sum(axis: 1) }]
      return FixtureLayer(Lambda(bodies[variant]))
    case "SeparableConv2D": return FixtureLayer(separable(variant, &key))
    default: return nil
    }
  }

  private static func sequential(_ variant: Int, _ key: inout RandomKey) -> Sequential {
    switch variant {
    case 0: Sequential([Linear(3, 4, key: &key), Tanh(), Linear(4, 2, key: &key)])
    case 1: Sequential([Linear(3, 3, key: &key), ReLU()])
    default:
      Sequential([Sequential([Linear(3, 2, key: &key), Sigmoid()]), Linear(2, 3, bias: false, key: &key)])
    }
  }

  private static func residual(_ variant: Int, _ key: inout RandomKey) -> Residual {
    switch variant {
    case 0:
      Residual {
        Linear(3, 4, key: &key)
        Tanh()
        Linear(4, 3, key: &key)
      }
    case 1:
      Residual(projection: Linear(3, 2, bias: false, key: &key)) {
        Linear(3, 2, key: &key)
        Tanh()
      }
    default: Residual {}
    }
  }

  private static func branches(_ variant: Int, _ key: inout RandomKey) -> Branches {
    switch variant {
    case 0:
      Branches {
        Linear(3, 2, key: &key)
        Tanh()
      }
    case 1:
      Branches {
        Linear(3, 1, bias: false, key: &key)
        Linear(3, 4, key: &key)
        Identity()
      }
    default: Branches { Sigmoid() }
    }
  }

  private static func separable(_ variant: Int, _ key: inout RandomKey) -> SeparableConv2D {
    switch variant {
    case 0: SeparableConv2D(3, 2, kernel: 2, key: &key)
    case 1: SeparableConv2D(2, 3, multiplier: 2, kernel: 2, stride: 2, padding: 1, key: &key)
    default: SeparableConv2D(4, 4, kernel: 2, dilation: 2, bias: false, key: &key)
    }
  }

  /// Layers that draw what they drop.
  static func dropping(_ name: String, _ o: Options) -> FixtureLayer? {
    var key = RandomKey(0)
    guard let probability = o.double("probability") else { return nil }
    switch name {
    case "Dropout": return FixtureLayer(Dropout(probability, key: &key))
    case "SpatialDropout": return FixtureLayer(SpatialDropout(probability, key: &key))
    case "AlphaDropout": return FixtureLayer(AlphaDropout(probability, key: &key))
    case "FeatureAlphaDropout": return FixtureLayer(FeatureAlphaDropout(probability, key: &key))
    case "DropPath": return FixtureLayer(DropPath(probability, key: &key))
    default: return nil
    }
  }
}
