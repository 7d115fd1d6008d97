import ApusLinearAlgebra
import ApusTensor

/// A map of points of many dimensions in the plane in which near ones stay near: t-distributed stochastic neighbour
/// embedding (van der Maaten & Hinton 2008), exact, so for up to some thousands of points.
///
/// Options and defaults are scikit-learn's.
public struct TSNE: Hashable, Sendable {
  /// About how many neighbours a point has.
  public var perplexity = 30.0
  /// Nil is the number of points over ``earlyExaggeration`` over 4, at least 50 (Belkina et al. 2019).
  public var learningRate: Double?
  /// What the similarities are taken times for the first iterations.
  public var earlyExaggeration = 12.0
  public var earlyIterations = 250
  public var iterations = 1000
  public var dimensions = 2

  public init() {}

  public struct Map: Sendable {
    /// `float32[points, dimensions]`
    public let points: Tensor
    /// The Kullback–Leibler divergence of the map's similarities from those of the points (equation 2).
    public let divergence: Double
  }

  /// The map of `[points, features]`, begun at their principal components; the same points give the same map.
  ///
  /// Traps unless there are more points than dimensions and the perplexity is between 1 and their number.
  public func callAsFunction(_ points: Tensor) -> Map {
    guard points.rank == 2, points.shape[0] > dimensions, points.shape[1] >= dimensions, perplexity >= 1,
      perplexity < Double(points.shape[0]), iterations >= 1
    else {
      fatalError(
        "TSNE: points \(points.shape) at perplexity \(perplexity), expected [points, features], more than the perplexity"
      )
    }
    let count = points.shape[0]
    let similarities = similarities(points).evaluated()
    // The first component has a deviation of 0.0001.
    let start = PrincipalComponents(points, count: dimensions).transformed(points)
    let deviation = start[TensorIndex.all, 0].squared().mean().sqrt()
    let rate = learningRate ?? max(Double(count) / earlyExaggeration / 4, 50)
    let step = compile { (state: [Tensor]) -> [Tensor] in
      let (y, velocity, gains, momentum, exaggeration) = (state[0], state[1], state[2], state[3][0], state[3][1])
      let near = inverseDistances(y)
      let forces = (similarities * exaggeration - near / near.sum()) * near
      let gradient = 4 * (forces.sum(axis: 1, keepDims: true) * y - forces.matmul(y))
      // A step gets longer while its direction stays, as Jacobs (1988) has it.
      let isTurning = velocity * gradient .>= 0
      let changed = maximum(select(isTurning, gains * 0.8, gains + 0.2), 0.01)
      let next = momentum * velocity - rate * changed * gradient
      return [y + next, next, changed]
    }
    let first = (start / deviation * 1e-4).cast(to: .float32)
    var state = [first, Tensor.zeros(first.shape), Tensor.ones(first.shape)].map { $0.evaluated() }
    for iteration in 0..<iterations {
      let isEarly = iteration < earlyIterations
      state = step(state + [Tensor([isEarly ? 0.5 : 0.8, isEarly ? Float(earlyExaggeration) : 1])])
    }
    return Map(points: state[0], divergence: divergence(similarities, state[0]))
  }

  /// 1 / (1 + ‖y_i − y_j‖²), 0 for a point and itself: `[points, points]`.
  private func inverseDistances(_ y: Tensor) -> Tensor {
    let count = y.shape[0]
    let inverse = 1 / (1 + squaredDistances(y))
    return select(Tensor.eye(count) .> 0, 0, inverse)
  }

  private func divergence(_ similarities: Tensor, _ map: Tensor) -> Double {
    let near = inverseDistances(map)
    let ratio = (maximum(similarities, 1e-30) / maximum(near / near.sum(), 1e-30)).log()
    return (similarities * ratio).sum().item()
  }

  /// Joint probabilities, p_ij = (p_j|i + p_i|j) / 2n, where each point's Gaussian has the wanted perplexity (section 2).
  private func similarities(_ points: Tensor) -> Tensor {
    let count = points.shape[0]
    let distances = squaredDistances(points.cast(to: .float64)).scalars(Double.self)
    var joint = [Double](repeating: 0, count: count * count)
    let wanted = logarithm(perplexity)
    for i in 0..<count {
      let row = Array(distances[(i * count)..<((i + 1) * count)])
      let shares = conditional(row, i, entropy: wanted)
      for j in 0..<count {
        joint[i * count + j] += shares[j] / Double(2 * count)
        joint[j * count + i] += shares[j] / Double(2 * count)
      }
    }
    return Tensor(joint.map { Float($0) }, shape: [count, count])
  }

  /// The shares of a point's neighbours by a Gaussian whose width gives the entropy, found by bisection.
  private func conditional(_ distances: [Double], _ own: Int, entropy wanted: Double) -> [Double] {
    let nearest = distances.indices.filter { $0 != own }.map { distances[$0] }.min() ?? 0
    var (beta, low, high) = (1.0, 0.0, Double.infinity)
    var shares = distances
    for _ in 0..<100 {
      var (sum, weighted) = (0.0, 0.0)
      for j in distances.indices {
        // The nearest distance is taken off, so that not all weights are 0.
        let distance = distances[j] - nearest
        shares[j] = j == own ? 0 : exponential(-distance * beta)
        sum += shares[j]
        weighted += j == own ? 0 : distance * shares[j]
      }
      let difference = logarithm(sum) + beta * weighted / sum - wanted
      for j in shares.indices { shares[j] /= sum }
      if abs(difference) < 1e-5 { break }
      if difference > 0 {
        low = beta
        beta = high.isInfinite ? beta * 2 : (beta + high) / 2
      } else {
        high = beta
        beta = (beta + low) / 2
      }
    }
    return shares
  }
}

/// ‖x_i − x_j‖², `[points, points]`.
private func squaredDistances(_ x: Tensor) -> Tensor {
  let squares = x.squared().sum(axis: 1, keepDims: true)
  return maximum(squares + squares.transposed() - 2 * x.matmul(x.transposed()), 0)
}
