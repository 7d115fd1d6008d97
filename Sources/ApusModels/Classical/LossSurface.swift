import ApusNN
import ApusOptim
import ApusTensor

/// A function of two numbers to watch optimizers on.
public struct LossSurface: Sendable {
  public let name: String
  /// What it is, as text.
  public let formula: String
  /// Where paths begin.
  public let start: (x: Double, y: Double)
  /// Where it is least; nil where it falls for ever.
  public let minimum: (x: Double, y: Double)?
  /// The part that is looked at.
  public let domain: (x: ClosedRange<Double>, y: ClosedRange<Double>)
  /// Of methods whose steps are as long as the gradient, and of those that divide by its size.
  public let learningRates: (gradient: Double, adaptive: Double)
  private let function: @Sendable (Tensor, Tensor) -> Tensor

  public init(
    _ name: String, formula: String, start: (x: Double, y: Double), minimum: (x: Double, y: Double)?,
    domain: (x: ClosedRange<Double>, y: ClosedRange<Double>), learningRates: (gradient: Double, adaptive: Double),
    _ function: @escaping @Sendable (Tensor, Tensor) -> Tensor
  ) {
    (self.name, self.formula, self.start, self.minimum) = (name, formula, start, minimum)
    (self.domain, self.learningRates, self.function) = (domain, learningRates, function)
  }

  /// The values at pairs of places, tensors of one shape.
  public func callAsFunction(_ x: Tensor, _ y: Tensor) -> Tensor { function(x, y) }

  /// The value at one place.
  public func value(_ x: Double, _ y: Double) -> Double {
    function(Tensor(x, dtype: .float64), Tensor(y, dtype: .float64)).item()
  }

  /// The gradient at one place.
  public func gradient(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
    let (dx, dy) = grad { [function] x, y in function(x, y) }(Tensor(x, dtype: .float64), Tensor(y, dtype: .float64))
    return (dx.item(), dy.item())
  }

  /// The eigenvalues of the Hessian at one place, the lesser first: both above zero at a minimum, one below at a saddle
  /// point, both near zero on a plateau (Dauphin et al. 2014).
  public func curvatures(_ x: Double, _ y: Double) -> (least: Double, greatest: Double) {
    let matrix = hessian(at: Tensor([x, y], dtype: .float64)) { [function] in function($0[0], $0[1]) }.doubles()
    let (mean, half) = ((matrix[0] + matrix[3]) / 2, (matrix[0] - matrix[3]) / 2)
    let root = (half * half + matrix[1] * matrix[2]).squareRoot()
    return (mean - root, mean + root)
  }

  /// The places that an optimizer visits from the start on: `steps` + 1 of them, fewer where they leave the numbers.
  ///
  /// - Parameter makeOptimizer: Given what is to be optimized.
  public func path(steps: Int, _ makeOptimizer: (Module) -> Optimizer) -> [(x: Double, y: Double)] {
    let place = PlanePlace(start.x, start.y)
    let optimizer = makeOptimizer(place)
    let step = compile(updating: [place, optimizer]) { [function] _ in
      let (loss, gradients) = valueAndGrad(place) { function(place.coordinates[0], place.coordinates[1]) }
      optimizer.update(gradients)
      return [loss]
    }
    var path = [start]
    for _ in 0..<steps {
      _ = step([])
      let now = place.coordinates.doubles()
      guard now.allSatisfy({ $0.isFinite && $0.magnitude < 1e6 }) else { break }
      path.append((now[0], now[1]))
    }
    return path
  }

  /// Five classical ones.
  public static let all: [LossSurface] = [.beale, .rosenbrock, .saddle, .valley, .plateau]

  /// Flat with steep walls in the corners (Beale 1958).
  public static let beale = LossSurface(
    "Beale", formula: "(1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)²", start: (1, 1.5), minimum: (3, 0.5),
    domain: (-0.5...4.2, -1.2...2), learningRates: (0.003, 0.2)
  ) { x, y in
    let (a, b, c) = (x * y - x + 1.5, x * y * y - x + 2.25, x * y * y * y - x + 2.625)
    return a * a + b * b + c * c
  }

  /// A bent valley with a nearly flat floor (Rosenbrock 1960).
  public static let rosenbrock = LossSurface(
    "Rosenbrock", formula: "(1 − x)² + 100 (y − x²)²", start: (-1.2, 1), minimum: (1, 1),
    domain: (-1.6...1.6, -0.6...2), learningRates: (0.001, 0.2)
  ) { x, y in
    let (a, b) = (1 - x, y - x * x)
    return a * a + b * b * 100
  }

  /// A saddle point at 0, which paths reach along one axis and must leave along the other.
  public static let saddle = LossSurface(
    "saddle", formula: "x² − y² + y⁴ / 4", start: (1.6, 0.002), minimum: (0, 2.0.squareRoot()),
    domain: (-1.8...1.8, -1...2.2), learningRates: (0.05, 0.05)
  ) { x, y in
    let square = y * y
    return x * x - square + square * square * 0.25
  }

  /// A long valley with steep sides, where gradients point across it.
  public static let valley = LossSurface(
    "valley", formula: "x² / 20 + y²", start: (-4.5, 1.6), minimum: (0, 0), domain: (-5...2, -2...2),
    learningRates: (0.3, 0.2)
  ) { x, y in x * x * 0.05 + y * y }

  /// A plateau that falls only near its end.
  public static let plateau = LossSurface(
    "plateau", formula: "1 − e^(−(x² + y²) / 2) + x² / 200", start: (-3.3, 1.1), minimum: (0, 0),
    domain: (-4...2, -2...2.4),
    learningRates: (0.5, 0.1)
  ) { x, y in
    let square = x * x
    return 1 - ((square + y * y) * -0.5).exp() + square * 0.005
  }
}

/// A place in the plane as a model with one parameter.
private final class PlanePlace: Module {
  @Parameter var coordinates: Tensor

  init(_ x: Double, _ y: Double) { coordinates = Tensor([x, y], dtype: .float64) }
}
